/** The engines that `STRETCH_ENGINE` selects, from the fastest to the slowest. */
export const STRETCH_ENGINES = ['native', 'wasm', 'openssl', 'scrypt-js'] as const;
export type StretchEngineName = (typeof STRETCH_ENGINES)[number];
