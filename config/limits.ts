import { type Rate, rate } from './rules.js';
import { setting } from './setting.js';

export const LIMITS = {
  requestsOfSource: setting(
    'LIMIT_REQUESTS_OF_SOURCE',
    'Requests from one address, counted by each server separately. A thousand phones behind one carrier address send about fifty per second.',
    rate.prefault('3000/60'),
  ),
  passwordsForAccountFromSource: setting(
    'LIMIT_PASSWORDS_FOR_ACCOUNT_FROM_SOURCE',
    'Wrong passwords for one account from one address, or from the /48 of an IPv6 address. People do not mistype a password twenty times in a quarter of an hour, and devices stop at the first refusal.',
    rate.prefault('20/900'),
  ),
  passwordsFromSource: setting(
    'LIMIT_PASSWORDS_FROM_SOURCE',
    'Wrong passwords from one address, for all accounts together; the /48 of an IPv6 address has ten times this limit. It suffices for a school or a carrier network and is too low for a list of stolen passwords.',
    rate.prefault('300/900'),
  ),
  passwordsForAccount: setting(
    'LIMIT_PASSWORDS_FOR_ACCOUNT',
    'Wrong passwords for one account from all addresses. Above the limit each address still has three attempts, up to twice the limit in all, so that the owner can log in during an attack.',
    rate.prefault('200/3600'),
  ),
  accountsFromSource: setting(
    'LIMIT_ACCOUNTS_FROM_SOURCE',
    'Accounts created from one address; the /48 of an IPv6 address has ten times this limit. A school class that signs up together stays below it; each account costs a stretch and a mail.',
    rate.prefault('60/3600'),
  ),
  mailsToAddress: setting(
    'LIMIT_MAILS_TO_ADDRESS',
    'Mails to one address; verification and recovery are counted separately. It protects mailboxes. Three tenths are reserved for client addresses that have not requested a mail yet, so that others cannot block a recovery.',
    rate.prefault('10/3600'),
  ),
  mailsToAddressFromSource: setting(
    'LIMIT_MAILS_TO_ADDRESS_FROM_SOURCE',
    'Mails to one address requested from one client address, or from the /48 of an IPv6 address; verification and recovery are counted separately. It is lower than LIMIT_MAILS_TO_ADDRESS, so that no single client uses up the mails of an address.',
    rate.prefault('3/3600'),
  ),
  mailsFromSource: setting(
    'LIMIT_MAILS_FROM_SOURCE',
    'Mails requested from one address; somewhat more than LIMIT_ACCOUNTS_FROM_SOURCE.',
    rate.prefault('100/3600'),
  ),
  codesForAccountFromSource: setting(
    'LIMIT_CODES_FOR_ACCOUNT_FROM_SOURCE',
    'Wrong verification codes for one account from one address, or from the /48 of an IPv6 address. Codes have 256 bits and are part of links, so a wrong code is a copying error.',
    rate.prefault('30/3600'),
  ),
  recoveryCodesForAccount: setting(
    'LIMIT_RECOVERY_CODES_FOR_ACCOUNT',
    'Wrong recovery codes for one account, for all its tokens together: ten tokens (LIMIT_MAILS_TO_ADDRESS) with three tries each. A code has a hundred million values.',
    rate.prefault('30/3600'),
  ),
} as const;

/** Limits of the /48 of an IPv6 source, as multiples of the limit of a source. */
const NETWORK_LIMITS = {
  passwordsFromNetwork: 'passwordsFromSource',
  accountsFromNetwork: 'accountsFromSource',
} as const satisfies Record<string, keyof typeof LIMITS>;

const NETWORK_FACTOR = 10;

export type LimitName = keyof typeof LIMITS | keyof typeof NETWORK_LIMITS;

/** Returns the rate of every limit, those of networks included. */
export function allRates(
  rates: Readonly<Record<keyof typeof LIMITS, Rate>>,
): Readonly<Record<LimitName, Rate>> {
  const tenfold = (limit: keyof typeof LIMITS) => ({
    points: NETWORK_FACTOR * rates[limit].points,
    seconds: rates[limit].seconds,
  });
  return {
    ...rates,
    passwordsFromNetwork: tenfold(NETWORK_LIMITS.passwordsFromNetwork),
    accountsFromNetwork: tenfold(NETWORK_LIMITS.accountsFromNetwork),
  };
}
