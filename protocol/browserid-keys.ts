export const SIGNING_ALGORITHMS = ['RS', 'DS'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A public key in BrowserID's form: RS numbers in decimal, DS numbers in hex (docs/protocol.md, "Certificates"). */
export type BrowserIdPublicKey =
  | { algorithm: 'RS'; n: string; e: string }
  | { algorithm: 'DS'; y: string; p: string; q: string; g: string };
