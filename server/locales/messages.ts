/** Every text people read, in one language. `{host}` stands for the host of PUBLIC_URL. */
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
}

/** A text with its placeholders filled in. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}
