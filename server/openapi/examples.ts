/** The examples of the API document of 2013. Tokens and bundles are cut to their length in this protocol. */
const verifier =
  '7597c55064c73bf1b2735878cb8711c289fc8f1cfb3d633a4593b36a8c51dbd68b27f649949de27d1dcccf7ece1e1a42' +
  'c5c6bdc3d209cf13a3813d333bfcadd2641a9a3e2eb4289788ed8510cc8f2f1061789d58aef38b9d21b81831413f5547' +
  '3f9fae9253549b2428a403d6fa51e6fb43d2f8a302e132cf902ffade52c02e6a4e0bda74fcaa2347be4664f553d332df' +
  '8166278c0e2f8663aa9238a2429631f7afd11622e193747b57975c51bbb69bb11f60c1a5ba449d3119e70d1ec5802121' +
  '51f79b26e73a57dba313376f0ba7a2afc232146a3b1d68b2d0afc35ebb8699cb10b3a3f8e0d51cefc7ac29212b238fb7' +
  'a87f2f61edc9cbff103e386f778925fe';
const A =
  '024ba1bb53d42918dc34131b41548843e1fa533bd5952be3ec8884fba4aa5c3542ac161fa0d5587d1e694248573be8a1' +
  'b18f7b0c132f74ddde08ac2a230f4db4a1d831eb74ee772c83121ecba80e51b9293942681655dca4f98a766408fbaf5c' +
  '13c09d21b9d6d3dabea8024fbb658ca67e20bc63cb349cb9bea54d7b1f4990cfe45fad7e492ca90a578d7b559143eb09' +
  '87825b48aa6bfbb684b7973c75e6e98011ffc3ba724797ea575d440fa3c052be978590f828d3f850a4ccdecbe8e4d2c6' +
  'd2b981e3c75ee26d5cf477cda9273a60000d6e942d4eb27e027a8ca16f668862260a4c9d3ab6cd3139decf4976633844' +
  '684b8371a68a7419f6beffd2fc078327';
const B =
  '3cd467e3afd4cc2d7abd913e322d76c245c667e9dffc6e28a1108ac02c5af9eee1148a0c735f52ed786c33add4936dd5' +
  '534326794e03d1b48b77b347c728740288adf488a9f4f11d75bb60e9bb1e975cccd128e28115178de01702fd2e8715e7' +
  'c33b02c142569669bb52cf167092fa79c3c03c81affc5c8d97fd3cb8d12605e5dd59f75e21376cfdc6536125650ff855' +
  '9f1c5319a9bfbb5191238c1570d41dc43e880d213fa06ff9d2f6ca7f31e05aef6236ae3657450250c06145a346151c54' +
  'f227996532bbdc6e1531456174975eded5404baae081b3ce7b42646b98baec1029082823a041aaace4ffa362d5ed42a4' +
  'e5088c496dda8ba2a35e804e89597313';
const bundle =
  'd486e79c9f3214b0010fe31bfb50fa6c12e1d093f7770c81c6b1c19c7ee375a6558dd1ab38dbc5eba37bc3cfbd6ac040' +
  'c0208a48ca4f777688a1017e98cedcc1c36ba9c4595088d28dcde5af04ae2215bce907aa6e74dd68481e3edc6315d47e' +
  'fa6c7b6536e8c0adff9ca426805e9479607b7c105050f1391dffed2a9826b8ad';

const email = '6d65406578616d706c652e636f6d';
const password = 'mySecurePassword';
const uid = '4c352927-cd4f-4a4a-a03d-7d1893d950b8';
const srpToken = 'b223b00e-5a10-46a9-983c-1c346c0d1907';
const srp = {
  type: 'SRP-6a/SHA256/2048/v1',
  salt: 'f9fae9253549b2428a403d6fa51e6fb43d2f8a302e132cf902ffade52c02e6a4',
};
const passwordStretching = {
  type: 'PBKDF2/scrypt/PBKDF2/v1',
  PBKDF2_rounds_1: 20000,
  scrypt_N: 65536,
  scrypt_r: 8,
  scrypt_p: 1,
  PBKDF2_rounds_2: 20000,
  salt: '996bc6b1aa63cd69856a2ec81cbf19d5c8a604713362df9ee15c2bf07128efab',
};
const device = { name: 'Foxy’s Macbook', type: 'computer' };
const sessionToken = '00ce20e3f5391e134596c27519979b93a45e6d0da34c75ac55c0520f2edfb026';
const forgotPasswordToken = '10ce20e3f5391e134596c27519979b93a45e6d0da34c75ac55c0520f2edfb026';
const accountResetToken = '99ce20e3f5391e134596c2ac55c0520f2edfb026761443da0ab27b1fa18c9891';
const cert =
  'eyJhbGciOiJEUzI1NiJ9.eyJwdWJsaWMta2V5Ijp7ImFsZ29yaXRobSI6IlJTIiwibiI6IjU3NjE1NTUwOTM3NjU1NDk2MDk' +
  '4MjAyMjM2MDYyOTA3Mzg5ODMyMzI0MjUyMDY2Mzc4OTA0ODUyNDgyMjUzODg1MTA3MzQzMTY5MzI2OTEyNDkxNjY5NjQxNTQ' +
  '3NzQ1OTM3NzAxNzYzMTk1NzQ3NDI1NTEyNjU5NjM2MDgwMzYzNjE3MTc1MzMzNjY5MzEyNTA2OTk1MzMyNDMiLCJlIjoiNjU' +
  '1MzcifSwicHJpbmNpcGFsIjp7ImVtYWlsIjoiZm9vQGV4YW1wbGUuY29tIn0sImlhdCI6MTM3MzM5MjE4OTA5MywiZXhwIjo' +
  'xMzczMzkyMjM5MDkzLCJpc3MiOiIxMjcuMC4wLjE6OTAwMCJ9.l5I6WSjsDIwCKIz_9d3juwHGlzVcvI90T2lv2maDlr8bvt' +
  'MglUKFFWlN_JEzNyPBcMDrvNmu5hnhyN7vtwLu3Q';

/** Hex digits of bundles with one token, two tokens, and the plaintext of account/reset. */
const [ONE, TWO, RESET] = [128, 192, 640];

export interface OperationExample {
  body?: object;
  reply: object;
}

export const EXAMPLES: Readonly<Record<string, OperationExample>> = {
  'POST /v1/account/create': {
    body: { email, srp: { ...srp, verifier }, passwordStretching },
    reply: { uid },
  },
  'GET /v1/account/devices': {
    reply: { devices: [{ id: uid, ...device, isCurrentDevice: true, lastAccessTime: 1384275600000 }] },
  },
  'GET /v1/account/keys': { reply: { bundle: bundle.slice(0, TWO) } },
  'POST /v1/account/reset': {
    body: { bundle: (bundle + verifier).slice(0, RESET), srp, passwordStretching },
    reply: {},
  },
  'POST /v1/account/destroy': { body: {}, reply: {} },
  'POST /v1/auth/start': { body: { email }, reply: { srpToken, srp: { ...srp, B }, passwordStretching } },
  'POST /v1/auth/finish': {
    body: { srpToken, A, M: '396a46b1aa63cd69856a2ec81cbf19d5c8a60471cc62df9ee15c2bf07838efba' },
    reply: { bundle: bundle.slice(0, ONE) },
  },
  'POST /v1/session/create': {
    body: { device },
    reply: { uid, verified: true, bundle: bundle.slice(0, TWO) },
  },
  'POST /v1/session/destroy': { body: {}, reply: {} },
  'POST /v1/raw_password/account/create': { body: { email, password }, reply: { uid } },
  'POST /v1/raw_password/session/create': {
    body: { email, password, device: { name: 'My phone', type: 'phone' } },
    reply: { uid, verified: true, sessionToken },
  },
  'POST /v1/raw_password/password/change': {
    body: { email, oldPassword: password, newPassword: 'myNewPassword' },
    reply: {},
  },
  'POST /v1/raw_password/password/reset': { body: { newPassword: 'myNewPassword' }, reply: {} },
  'GET /v1/recovery_email/status': { reply: { email, verified: true } },
  'POST /v1/recovery_email/resend_code': { body: {}, reply: {} },
  'POST /v1/recovery_email/verify_code': {
    body: { uid, code: 'e3c5b0e3f5391e134596c27519979b93a45e6d0da34c7509c5632ac35b28b48d' },
    reply: {},
  },
  'POST /v1/certificate/sign': {
    body: {
      publicKey: {
        algorithm: 'RS',
        n: '4759385967235610503571494339196749614544606692567785790953934768202714280652973091341316862993582789079872007974809511698859885077002492642203267408776123',
        e: '65537',
      },
      duration: 86400000,
    },
    reply: { cert, err: null },
  },
  'POST /v1/password/change/start': { body: {}, reply: { bundle: bundle.slice(0, TWO) } },
  'POST /v1/password/forgot/send_code': {
    body: { email },
    reply: { forgotPasswordToken, ttl: 900, codeLength: 8, tries: 3 },
  },
  'POST /v1/password/forgot/resend_code': {
    body: { email },
    reply: { forgotPasswordToken, ttl: 550, codeLength: 8, tries: 2 },
  },
  'POST /v1/password/forgot/verify_code': { body: { code: '12345678' }, reply: { accountResetToken } },
  'POST /v1/get_random_bytes': {
    reply: { data: 'ac55c0520f2edfb026761443da0ab27b1fa18c98912af6291714e9600aa34991' },
  },
};
