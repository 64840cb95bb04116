import type { Messages } from './messages.js';

export const de: Messages = {
  mail: {
    verify: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      intro:
        'Mit dieser E-Mail-Adresse wurde ein Konto bei {host} angelegt. Bitte bestätigen Sie, dass die Adresse Ihnen gehört.',
      button: 'E-Mail-Adresse bestätigen',
      linkHint: 'Falls die Schaltfläche nicht funktioniert, öffnen Sie diesen Link:',
      codeHint: 'Falls eine App nach dem Bestätigungscode fragt, kopieren Sie diesen:',
      ignore: 'Falls Sie kein Konto angelegt haben, können Sie diese E-Mail ignorieren.',
    },
    recovery: {
      subject: 'Ihr Code zum Zurücksetzen des Passworts',
      intro:
        'Jemand möchte das Passwort Ihres Kontos bei {host} zurücksetzen. Wenn Sie das sind, geben Sie diesen Code dort ein, wo Sie ihn angefordert haben:',
      validity:
        'Der Code gilt 15 Minuten ab der ersten Anforderung und für höchstens drei Versuche. Geben Sie ihn an niemanden weiter.',
      button: 'Code im Browser anzeigen',
      linkHint: 'Falls die Schaltfläche nicht funktioniert, öffnen Sie diesen Link:',
      ignore: 'Falls Sie das nicht waren, ignorieren Sie diese E-Mail. Ihr Passwort bleibt unverändert.',
    },
    footer: 'Diese Nachricht wurde automatisch von {host} verschickt.',
  },
};
