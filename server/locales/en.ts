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
  pages: {
    noScript: 'This page needs JavaScript.',
    incomplete: {
      title: 'This link is incomplete',
      text: 'Open the link in the email again. If that does not help, copy all of it into the address bar.',
    },
    verify: {
      title: 'Confirm your email address',
      intro: 'An email from {host} brought you here. Confirm that the address it was sent to is yours.',
      account: 'Account',
      button: 'Confirm email address',
      working: 'Confirming…',
      doneTitle: 'Email address confirmed',
      done: 'You can close this page. The app or device where you created the account continues by itself.',
      problems: {
        wrongCode:
          'This link does not match the account. Open the newest email from {host}, or have your app send a new one.',
        unknownAccount:
          'This account does not exist, or no longer exists. If you need it, create it again in your app.',
        tooManyTries: 'Too many attempts. You can try again in {wait}.',
        busy: 'The server cannot answer right now. You can try again in {wait}.',
        unreachable: 'The server cannot be reached. Check your connection and try again.',
        failed: 'Something went wrong on the server. Please try again in a few minutes.',
      },
    },
    reset: {
      title: 'Your password reset code',
      intro: 'Enter this code where you asked to reset your password:',
      button: 'Copy code',
      copied: 'Copied.',
      selected: 'The code is selected. Copy it with your keyboard or the menu.',
      expired: 'If the code no longer works, ask for a new one in the same place.',
    },
    signIn: {
      title: 'Signing in happens in your app',
      text: 'You sign in to your account at {host} in the app or device that uses it, and never on this page.',
      button: 'Go back',
    },
    provision: {
      title: 'Nothing to see here',
      text: 'Browsers may load this page in the background to ask for a certificate. Accounts at {host} get theirs in the app that uses them.',
    },
    front: {
      title: 'Firefox Accounts key server',
      text: 'This server keeps accounts for apps and devices that speak the Firefox Accounts protocol of 2013. They talk to it by themselves; on this page there is nothing to sign in to.',
      address: 'Address for apps',
      version: 'Version',
      health: 'Health',
      well: 'Everything works.',
      unwell: 'Not available right now: {parts}.',
      database: 'accounts',
      tokens: 'short-lived tokens',
    },
  },
};
