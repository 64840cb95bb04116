/** Reports progress on stderr, so that results on stdout can be piped. */
export interface Progress {
  /** Starts a step and ends the previous one. */
  step(what: string): void;
  /** Reports progress of the step, on a terminal only. */
  at(done: number, of: number): void;
  /** Ends the last step. */
  finish(): void;
}

/** Reports progress on a stream: on a terminal as one line that is rewritten, elsewhere as one line for each step. */
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
