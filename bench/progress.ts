/** Says on stderr what is being measured, so that results on stdout can be piped elsewhere. */
export interface Progress {
  /** Begins a step; the one before it is over. */
  step(what: string): void;
  /** How far the step is, on a terminal only. */
  at(done: number, of: number): void;
  /** Ends the last step. */
  finish(): void;
}

/** Progress on a stream: one line that is rewritten on a terminal, a line a step elsewhere. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const startedMs = performance.now();
  let current = '';
  const elapsed = () => `${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s`;
  const rewrite = (text: string) => stream.write(`\r\x1b[K${text}`);
  return {
    step(what) {
      current = what;
      if (stream.isTTY) rewrite(`${elapsed()}  ${what}`);
      else stream.write(`${elapsed()}  ${what}\n`);
    },
    at(done, of) {
      if (stream.isTTY) rewrite(`${elapsed()}  ${current}  ${done}/${of}`);
    },
    finish() {
      if (stream.isTTY) rewrite('');
    },
  };
}
