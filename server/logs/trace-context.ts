/** Version, trace ID, parent ID and flags. Versions after 00 may add fields. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** Returns the trace ID of a valid header. @see https://www.w3.org/TR/trace-context/#traceparent-header */
export function readTraceId(traceparent: string | string[] | undefined): string | undefined {
  const [, version, traceId, parentId, more] = TRACEPARENT.exec(String(traceparent)) ?? [];
  if (!version || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const isZero = (id = '') => /^0+$/.test(id);
  return isZero(traceId) || isZero(parentId) ? undefined : traceId;
}
