/** Starts a timer that does not keep the process alive. Returns a function that cancels it. */
export function startTimer(ms: number, callBack: () => void): () => void {
  const timer = setTimeout(callBack, ms).unref();
  return () => clearTimeout(timer);
}
