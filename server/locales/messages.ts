/** `{host}` is the host of PUBLIC_URL. “E‑Mail” has a non-breaking hyphen (U+2011). */
export interface Messages {
  mail: {
    verify: {
      subject: string;
      intro: string;
      button: string;
      linkHint: string;
      codeHint: string;
      ignore: string;
    };
    recovery: {
      subject: string;
      intro: string;
      validity: string;
      button: string;
      linkHint: string;
      ignore: string;
    };
    footer: string;
  };
  pages: {
    noScript: string;
    incomplete: {
      title: string;
      text: string;
    };
    verify: {
      title: string;
      intro: string;
      account: string;
      button: string;
      working: string;
      doneTitle: string;
      done: string;
      problems: {
        wrongCode: string;
        unknownAccount: string;
        /** `{wait}` is a time such as "30 seconds". */
        tooManyTries: string;
        busy: string;
        unreachable: string;
        failed: string;
      };
    };
    reset: {
      title: string;
      intro: string;
      button: string;
      copied: string;
      selected: string;
      expired: string;
    };
    signIn: {
      title: string;
      text: string;
      button: string;
    };
    provision: {
      title: string;
      text: string;
    };
    front: {
      title: string;
      text: string;
      address: string;
      version: string;
      health: string;
      well: string;
      /** `{parts}` is a list of the two below. */
      unwell: string;
      database: string;
      tokens: string;
    };
  };
}

export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}
