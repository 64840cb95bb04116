/**
 * Copies a WebAssembly module and makes its imported memory shared. The two builds of the kernel differ only in this, and a
 * second compilation would take 8 s. Usage: node config/build/share-memory.js FROM TO
 */
import { readFileSync, writeFileSync } from 'node:fs';

const [from, to] = process.argv.slice(2);
const module = readFileSync(from);
// The import "env" "memory" of kind memory (2), whose limits have a maximum (1).
const memoryImport = Buffer.from('\x03env\x06memory\x02\x01', 'latin1');
const at = module.indexOf(memoryImport);
if (at < 0 || module.indexOf(memoryImport, at + 1) >= 0) throw new Error(`${from} imports no memory`);
// Shared limits with a maximum (WebAssembly core specification, "limits").
module[at + memoryImport.length - 1] = 3;
if (!WebAssembly.validate(module)) throw new Error(`${to} would not be a valid module`);
writeFileSync(to, module);
