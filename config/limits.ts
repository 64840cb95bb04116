import { type Rate, rate } from './rules.js';
import { setting } from './setting.js';

/** Each limit: what it counts, its default, and why the default is enough for people. */
export const LIMITS = {
  requestsOfSource: setting(
    'LIMIT_REQUESTS_OF_SOURCE',
    'Requests from an address, counted by each server on its own. A thousand phones behind one carrier address send about fifty a second; a script sends as many in an instant.',
    rate.prefault('3000/60'),
  ),
  passwordsForAccountFromSource: setting(
    'LIMIT_PASSWORDS_FOR_ACCOUNT_FROM_SOURCE',
    'Wrong passwords for one account from one address. People do not type twenty wrong passwords in a quarter of an hour, and a device that retries stops at the first refusal.',
    rate.prefault('20/900'),
  ),
  passwordsFromSource: setting(
    'LIMIT_PASSWORDS_FROM_SOURCE',
    'Wrong passwords from one address, over all accounts; the /48 of an IPv6 address has ten times as many. Enough for a school or a carrier network; too few to work through a list of stolen passwords.',
    rate.prefault('300/900'),
  ),
  passwordsForAccount: setting(
    'LIMIT_PASSWORDS_FOR_ACCOUNT',
    'Wrong passwords for one account from all addresses. Above the limit each address still has three attempts, and all addresses together as many again as the limit, so that the owner can log in during an attack.',
    rate.prefault('200/3600'),
  ),
  accountsFromSource: setting(
    'LIMIT_ACCOUNTS_FROM_SOURCE',
    'Accounts created from one address; the /48 of an IPv6 address has ten times as many. A class that signs up together stays below it; each account costs a stretch and a mail.',
    rate.prefault('60/3600'),
  ),
  mailsToAddress: setting(
    'LIMIT_MAILS_TO_ADDRESS',
    'Mails to one address; verification and recovery are counted apart. It keeps mailboxes from being flooded. Three tenths are kept for the first mail of an address that has not requested one: others cannot block a recovery.',
    rate.prefault('10/3600'),
  ),
  mailsToAddressFromSource: setting(
    'LIMIT_MAILS_TO_ADDRESS_FROM_SOURCE',
    'Mails to one address that one client address may request; verification and recovery are counted apart. Below LIMIT_MAILS_TO_ADDRESS, so that no single client uses up the mails of an address.',
    rate.prefault('3/3600'),
  ),
  mailsFromSource: setting(
    'LIMIT_MAILS_FROM_SOURCE',
    'Mails requested from one address: somewhat more than the accounts it may create.',
    rate.prefault('100/3600'),
  ),
  codesForAccountFromSource: setting(
    'LIMIT_CODES_FOR_ACCOUNT_FROM_SOURCE',
    'Wrong verification codes for one account from one address. Codes have 256 bits and come in links, so a wrong one is a copying mistake.',
    rate.prefault('30/3600'),
  ),
  recoveryCodesForAccount: setting(
    'LIMIT_RECOVERY_CODES_FOR_ACCOUNT',
    'Wrong recovery codes for one account, over all its tokens. Each of the ten tokens that mails allow has three tries; a code has a hundred million values.',
    rate.prefault('30/3600'),
  ),
} as const;

/** Limits on what the /48 of an IPv6 source may do, and the limit of a source that each is ten times as large as. */
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
