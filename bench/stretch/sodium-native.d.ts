/** The part of sodium-native that the bench uses; the package has no types. */
declare module 'sodium-native' {
  const sodium: {
    crypto_pwhash_scryptsalsa208sha256(
      out: Uint8Array,
      password: Uint8Array,
      salt: Uint8Array,
      opslimit: number,
      memlimit: number,
    ): void;
    readonly crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE: number;
  };
  export default sodium;
}
