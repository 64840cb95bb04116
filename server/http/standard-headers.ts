/** Readable by scripts of other origins. */
const EXPOSED_HEADERS = 'Timestamp,Retry-After';

/** The headers of every reply, besides `Timestamp`. */
export function standardHeaders(publicUrl: string): Record<string, string> {
  return {
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...(publicUrl.startsWith('https:') && { 'Strict-Transport-Security': 'max-age=31536000' }),
  };
}

/** The headers that let scripts of any origin read a reply of the API. */
export const API_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': EXPOSED_HEADERS,
} as const;
