import type { Messages } from './messages.js';

export const fr: Messages = {
  mail: {
    verify: {
      subject: 'Confirmez votre adresse e-mail',
      intro:
        'Un compte a été créé sur {host} avec cette adresse e-mail. Veuillez confirmer que cette adresse est bien la vôtre.',
      button: 'Confirmer l’adresse e-mail',
      linkHint: 'Si le bouton ne fonctionne pas, ouvrez ce lien :',
      codeHint: 'Si une application vous demande le code de vérification, copiez celui-ci :',
      ignore: 'Si vous n’avez pas créé de compte, vous pouvez ignorer cet e-mail.',
    },
    recovery: {
      subject: 'Votre code de réinitialisation du mot de passe',
      intro:
        'La réinitialisation du mot de passe de votre compte sur {host} a été demandée. Si cette demande vient de vous, saisissez ce code là où vous l’avez demandé :',
      validity:
        'Le code est valable 15 minutes à partir de la première demande, pour trois essais. Ne le communiquez à personne.',
      button: 'Afficher le code dans le navigateur',
      linkHint: 'Si le bouton ne fonctionne pas, ouvrez ce lien :',
      ignore: 'Si cette demande ne vient pas de vous, ignorez cet e-mail. Votre mot de passe reste inchangé.',
    },
    footer: 'Ceci est un message automatique de {host}.',
  },
};
