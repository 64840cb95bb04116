import type { Messages } from './messages.js';

export const fr: Messages = {
  mail: {
    verify: {
      subject: 'Confirmez votre adresse e-mail',
      intro:
        'Un compte a été créé sur {host} avec cette adresse e‑mail. Veuillez confirmer que cette adresse est bien la vôtre.',
      button: 'Confirmer l’adresse e‑mail',
      linkHint: 'Si le bouton ne fonctionne pas, ouvrez ce lien :',
      codeHint: 'Si une application vous demande le code de vérification, copiez celui-ci :',
      ignore: 'Si vous n’avez pas créé de compte, vous pouvez ignorer cet e‑mail.',
    },
    recovery: {
      subject: 'Votre code de réinitialisation du mot de passe',
      intro:
        'La réinitialisation du mot de passe de votre compte sur {host} a été demandée. Si cette demande vient de vous, saisissez ce code là où vous l’avez demandé :',
      validity:
        'Le code est valable 15 minutes à partir de la première demande, pour trois essais. Ne le communiquez à personne.',
      button: 'Afficher le code dans le navigateur',
      linkHint: 'Si le bouton ne fonctionne pas, ouvrez ce lien :',
      ignore: 'Si cette demande ne vient pas de vous, ignorez cet e‑mail. Votre mot de passe reste inchangé.',
    },
    footer: 'Ceci est un message automatique de {host}.',
  },
  pages: {
    noScript: 'Cette page nécessite JavaScript.',
    incomplete: {
      title: 'Ce lien est incomplet',
      text: 'Ouvrez de nouveau le lien de l’e‑mail. Si cela ne suffit pas, copiez-le en entier dans la barre d’adresse.',
    },
    verify: {
      title: 'Confirmez votre adresse e‑mail',
      intro:
        'Vous arrivez ici depuis un e‑mail de {host}. Confirmez que l’adresse à laquelle il a été envoyé est la vôtre.',
      account: 'Compte',
      button: 'Confirmer l’adresse e‑mail',
      working: 'Confirmation en cours…',
      doneTitle: 'Adresse e‑mail confirmée',
      done: 'Vous pouvez fermer cette page. L’application ou l’appareil où vous avez créé le compte continuera automatiquement.',
      problems: {
        wrongCode:
          'Ce lien ne correspond pas au compte. Ouvrez l’e‑mail le plus récent de {host}, ou demandez-en un nouveau dans votre application.',
        unknownAccount:
          'Ce compte n’existe pas ou n’existe plus. Si vous en avez besoin, recréez-le dans votre application.',
        tooManyTries: 'Trop de tentatives. Vous pourrez réessayer dans {wait}.',
        busy: 'Le serveur ne peut pas répondre pour le moment. Vous pourrez réessayer dans {wait}.',
        unreachable: 'Le serveur est injoignable. Vérifiez votre connexion et réessayez.',
        failed: 'Un problème est survenu sur le serveur. Veuillez réessayer dans quelques minutes.',
      },
    },
    reset: {
      title: 'Votre code de réinitialisation du mot de passe',
      intro: 'Saisissez ce code là où vous avez demandé la réinitialisation du mot de passe :',
      button: 'Copier le code',
      copied: 'Copié.',
      selected: 'Le code est sélectionné. Copiez-le avec le clavier ou le menu.',
      expired: 'Si le code ne fonctionne plus, demandez-en un nouveau au même endroit.',
    },
    signIn: {
      title: 'La connexion se fait dans votre application',
      text: 'Vous vous connectez à votre compte {host} dans l’application ou sur l’appareil qui l’utilise, jamais sur cette page.',
      button: 'Retour',
    },
    provision: {
      title: 'Il n’y a rien à voir ici',
      text: 'Les navigateurs peuvent charger cette page en arrière-plan pour demander un certificat. Les comptes de {host} obtiennent le leur dans l’application qui les utilise.',
    },
    front: {
      title: 'Serveur de clés Firefox Accounts',
      text: 'Ce serveur gère des comptes pour les applications et appareils qui parlent le protocole Firefox Accounts de 2013. Ils s’adressent à lui d’eux-mêmes ; il n’y a rien à quoi se connecter sur cette page.',
      address: 'Adresse pour les applications',
      version: 'Version',
      health: 'État',
      well: 'Tout fonctionne.',
      unwell: 'Indisponible pour le moment : {parts}.',
      database: 'comptes',
      tokens: 'jetons de courte durée',
    },
  },
};
