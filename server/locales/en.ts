import type { Messages } from './messages.js';

export const en: Messages = {
  mail: {
    verify: {
      subject: 'Confirm your email address',
      intro:
        'An account at {host} was created with this email address. Please confirm that the address is yours.',
      button: 'Confirm email address',
      linkHint: 'If the button does not work, open this link:',
      codeHint: 'If an app asks for the verification code, copy this one:',
      ignore: 'If you did not create an account, you can ignore this email.',
    },
    recovery: {
      subject: 'Your password reset code',
      intro:
        'Someone asked to reset the password of your account at {host}. If it was you, enter this code where you asked for it:',
      validity:
        'The code works for 15 minutes after you first asked for it, and for three tries. Do not give it to anyone.',
      button: 'Show the code in a browser',
      linkHint: 'If the button does not work, open this link:',
      ignore: 'If it was not you, ignore this email. Your password stays as it is.',
    },
    footer: 'This is an automatic message from {host}.',
  },
};
