#!/usr/bin/env node
/**
 * Runs the flows of docs/clients/flows.md: `npx fxa-key-server-client http://127.0.0.1:9000`. Reads the mailed
 * codes from the folder of --mail-dir, or asks for them. Exits with 1 when a step fails.
 */
import { parseArgs } from 'node:util';
import { isApiError } from './errors.js';
import { createFileMailbox, createTerminalMailbox } from './example/mailbox.js';
import { runRawPasswordFlows } from './example/raw-password-flows.js';
import { runSrpFlows } from './example/srp-flows.js';
import { KeyServerClient } from './key-server-client.js';
import { createNodeEngine } from './node-engine.js';
import { SrpClient } from './srp-client.js';

const USAGE = 'usage: fxa-key-server-client URL [--mail-dir DIRECTORY]';

async function main(): Promise<void> {
  const { url, mailDirectory } = readArguments();
  const client = new KeyServerClient({ url });
  const example = {
    client,
    srp: new SrpClient(client, createNodeEngine()),
    mailbox: mailDirectory === undefined ? createTerminalMailbox() : createFileMailbox(mailDirectory),
  };
  console.log(`${url}: ${JSON.stringify(await client.getVersion())}`);
  await runSrpFlows(example);
  await runRawPasswordFlows(example);
  console.log('\nAll steps succeeded.');
}

function readArguments() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'mail-dir': { type: 'string' } },
  });
  const [url, ...rest] = positionals;
  if (url === undefined || rest.length > 0) throw new Error(USAGE);
  return { url, mailDirectory: values['mail-dir'] };
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  if (isApiError(error)) console.error(`  status ${error.code}, errno ${error.errno} (${error.reason})`);
  else if (error instanceof Error && error.cause) console.error(error.cause);
  // An open event stream would keep the process running.
  process.exit(1);
}
