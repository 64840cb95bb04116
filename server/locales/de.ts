import type { Messages } from './messages.js';

export const de: Messages = {
  mail: {
    verify: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      intro:
        'Mit dieser E‑Mail-Adresse wurde ein Konto bei {host} angelegt. Bitte bestätigen Sie, dass die Adresse Ihnen gehört.',
      button: 'E‑Mail-Adresse bestätigen',
      linkHint: 'Falls die Schaltfläche nicht funktioniert, öffnen Sie diesen Link:',
      codeHint: 'Falls eine App nach dem Bestätigungscode fragt, kopieren Sie diesen:',
      ignore: 'Falls Sie kein Konto angelegt haben, können Sie diese E‑Mail ignorieren.',
    },
    recovery: {
      subject: 'Ihr Code zum Zurücksetzen des Passworts',
      intro:
        'Jemand möchte das Passwort Ihres Kontos bei {host} zurücksetzen. Wenn Sie das sind, geben Sie diesen Code dort ein, wo Sie ihn angefordert haben:',
      validity:
        'Der Code gilt 15 Minuten ab der ersten Anforderung und für höchstens drei Versuche. Geben Sie ihn an niemanden weiter.',
      button: 'Code im Browser anzeigen',
      linkHint: 'Falls die Schaltfläche nicht funktioniert, öffnen Sie diesen Link:',
      ignore: 'Falls Sie das nicht waren, ignorieren Sie diese E‑Mail. Ihr Passwort bleibt unverändert.',
    },
    footer: 'Diese Nachricht wurde automatisch von {host} verschickt.',
  },
  pages: {
    noScript: 'Diese Seite benötigt JavaScript.',
    incomplete: {
      title: 'Dieser Link ist unvollständig',
      text: 'Öffnen Sie den Link in der E‑Mail noch einmal. Falls das nicht hilft, kopieren Sie ihn vollständig in die Adressleiste.',
    },
    verify: {
      title: 'Bestätigen Sie Ihre E‑Mail-Adresse',
      intro:
        'Sie kommen über eine E‑Mail von {host}. Bestätigen Sie, dass die Adresse, an die sie ging, Ihnen gehört.',
      account: 'Konto',
      button: 'E‑Mail-Adresse bestätigen',
      working: 'Wird bestätigt …',
      doneTitle: 'E‑Mail-Adresse bestätigt',
      done: 'Sie können diese Seite schließen. Die App oder das Gerät, mit dem Sie das Konto angelegt haben, fährt von selbst fort.',
      problems: {
        wrongCode:
          'Dieser Link passt nicht zum Konto. Öffnen Sie die neueste E‑Mail von {host} oder lassen Sie sich von Ihrer App eine neue schicken.',
        unknownAccount:
          'Dieses Konto gibt es nicht oder nicht mehr. Falls Sie es brauchen, legen Sie es in Ihrer App neu an.',
        tooManyTries: 'Zu viele Versuche. In {wait} können Sie es erneut versuchen.',
        busy: 'Der Server kann gerade nicht antworten. In {wait} können Sie es erneut versuchen.',
        unreachable:
          'Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.',
        failed:
          'Auf dem Server ist etwas schiefgegangen. Bitte versuchen Sie es in einigen Minuten noch einmal.',
      },
    },
    reset: {
      title: 'Ihr Code zum Zurücksetzen des Passworts',
      intro: 'Geben Sie diesen Code dort ein, wo Sie das Zurücksetzen des Passworts angefordert haben:',
      button: 'Code kopieren',
      copied: 'Kopiert.',
      selected: 'Der Code ist ausgewählt. Kopieren Sie ihn mit der Tastatur oder über das Menü.',
      expired: 'Falls der Code nicht mehr gilt, fordern Sie an derselben Stelle einen neuen an.',
    },
    signIn: {
      title: 'Die Anmeldung erfolgt in der App',
      text: 'Bei Ihrem Konto auf {host} melden Sie sich in der App oder auf dem Gerät an, das es verwendet, und nie auf dieser Seite.',
      button: 'Zurück',
    },
    provision: {
      title: 'Hier gibt es nichts zu sehen',
      text: 'Browser laden diese Seite eventuell im Hintergrund, um ein Zertifikat anzufordern. Konten auf {host} erhalten ihres in der App, die sie verwendet.',
    },
    front: {
      title: 'Schlüsselserver für Firefox-Konten',
      text: 'Dieser Server führt Konten für Apps und Geräte, die das Firefox-Accounts-Protokoll von 2013 sprechen. Sie wenden sich von selbst an ihn; auf dieser Seite kann man sich nirgends anmelden.',
      address: 'Adresse für Apps',
      version: 'Version',
      health: 'Zustand',
      well: 'Alles funktioniert.',
      unwell: 'Zurzeit nicht verfügbar: {parts}.',
      database: 'Konten',
      tokens: 'kurzlebige Token',
    },
  },
};
