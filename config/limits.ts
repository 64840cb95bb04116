/** How often something may happen: `points` times in a window of `seconds`. */
export interface Rate {
  points: number;
  seconds: number;
}

/** Each limit: what it counts, its default, and why that is enough for people and little for others. */
export const LIMITS = {
  requestsOfSource: {
    env: 'LIMIT_REQUESTS_OF_SOURCE',
    default: '3000/60',
    doc: 'Requests from an address, counted by each server for itself. Fifty a second is what a carrier’s thousand phones behind one address come to; a script does as many in an instant.',
  },
  passwordsForAccountFromSource: {
    env: 'LIMIT_PASSWORDS_FOR_ACCOUNT_FROM_SOURCE',
    default: '20/900',
    doc: 'Passwords tried for one account from one address; a right one is not counted. Nobody types twenty wrong ones in a quarter of an hour, and a device that retries stops at the first refusal.',
  },
  passwordsFromSource: {
    env: 'LIMIT_PASSWORDS_FROM_SOURCE',
    default: '300/900',
    doc: 'Passwords tried from one address over all accounts; right ones are not counted. Room for a school or a carrier’s network on a bad day, none for working through a list of stolen passwords.',
  },
  passwordsForAccount: {
    env: 'LIMIT_PASSWORDS_FOR_ACCOUNT',
    default: '200/3600',
    doc: 'Passwords tried for one account from everywhere. Beyond it each address has three tries, so that the owner still gets in while others hammer the account.',
  },
  accountsFromSource: {
    env: 'LIMIT_ACCOUNTS_FROM_SOURCE',
    default: '60/3600',
    doc: 'Accounts created from one address. A class that signs up together stays below it; each costs a stretch and a mail.',
  },
  mailsToAddress: {
    env: 'LIMIT_MAILS_TO_ADDRESS',
    default: '10/3600',
    doc: 'Mails sent to one address: verification, again, recovery. Whoever loses ten in an hour has another problem, and nobody’s mailbox is to be filled from here. It also bounds guesses at recovery codes to thirty an hour.',
  },
  mailsFromSource: {
    env: 'LIMIT_MAILS_FROM_SOURCE',
    default: '100/3600',
    doc: 'Mails ordered from one address: somewhat more than the accounts it may create.',
  },
  codesForAccountFromSource: {
    env: 'LIMIT_CODES_FOR_ACCOUNT_FROM_SOURCE',
    default: '30/3600',
    doc: 'Wrong verification codes for one account from one address. Codes have 256 bits and come by link, so a wrong one is a mistake of copying.',
  },
} as const;

export type LimitName = keyof typeof LIMITS;

/**
 * Reads `points/seconds`, up to a million seconds: Node's timers end at two million.
 * @returns `undefined` when it is something else, or not above 0
 */
export function parseRate(text: string): Rate | undefined {
  const [, points, seconds] = /^([1-9][0-9]{0,8})\/([1-9][0-9]{0,5})$/.exec(text) ?? [];
  return points && seconds ? { points: Number(points), seconds: Number(seconds) } : undefined;
}
