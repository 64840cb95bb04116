import { joinMeasured, type Suite } from '../suite.js';
import { measureCertificateSignatures } from './certificate-signatures.js';
import { measureSrpOperations } from './srp-operations.js';

/** What the crypto pool computes: SRP and signatures, OpenSSL beside jsbn. */
export const sign: Suite = {
  name: 'sign',
  title: 'SRP and signatures',
  async run(context) {
    return joinMeasured([await measureSrpOperations(context), await measureCertificateSignatures(context)]);
  },
};
