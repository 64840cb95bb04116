import type { Profiler } from 'node:inspector';
import type { Frame } from '../results.js';

/** Frames below this share of the whole are left out of the tree. */
const LEAST_SHARE = 0.004;

/** Time without work, and the profiler's own work. */
function isLeftOut({ functionName, url }: Profiler.ProfileNode['callFrame']): boolean {
  return functionName === '(idle)' || url === 'node:inspector' || url.endsWith('/bench/server/probe.js');
}

/**
 * A sampled profile as a call tree in ms a request, the busy part only. Functions of one name and file
 * under one caller are one frame.
 * @param requests how many the profile covers
 */
export function toCallTree(profile: Profiler.Profile, requests: number): Frame {
  const msOf = sampledMs(profile);
  const nodes = countedNodes(profile);
  const build = (ids: number[], name: string, owner: Frame['owner']): Frame => {
    const own = ids.reduce((sum, id) => sum + (msOf.get(id) ?? 0), 0);
    const groups = new Map<string, Profiler.ProfileNode[]>();
    for (const id of ids.flatMap((id) => nodes.get(id)?.children ?? [])) {
      const child = nodes.get(id);
      if (!child) continue;
      const key = `${child.callFrame.functionName} ${child.callFrame.url}`;
      groups.set(key, [...(groups.get(key) ?? []), child]);
    }
    const children = [...groups.values()].map((group) => {
      const { callFrame } = group[0] as Profiler.ProfileNode;
      return build(
        group.map(({ id }) => id),
        nameOf(callFrame),
        ownerOf(callFrame),
      );
    });
    const value = own / requests + children.reduce((sum, child) => sum + child.value, 0);
    return { name, owner, value, children: children.sort((a, b) => b.value - a.value) };
  };
  const tree = build([profile.nodes[0]?.id as number], 'event loop', 'Node');
  return prune(tree, tree.value * LEAST_SHARE);
}

/**
 * Time by module in ms a request, of the functions themselves, most first: files of this server, packages,
 * Node's own modules.
 */
export function timeByModule(profile: Profiler.Profile, requests: number): [name: string, ms: number][] {
  const msOf = sampledMs(profile);
  const modules = new Map<string, number>();
  for (const [id, { callFrame }] of countedNodes(profile)) {
    const name = moduleOf(callFrame) ?? (callFrame.functionName || '(native)');
    modules.set(name, (modules.get(name) ?? 0) + (msOf.get(id) ?? 0) / requests);
  }
  return [...modules].sort(([, a], [, b]) => b - a);
}

/** The nodes by their id, without those that do not count and what they called. */
function countedNodes({ nodes }: Profiler.Profile): Map<number, Profiler.ProfileNode> {
  const counted = new Map(nodes.map((node) => [node.id, node]));
  const leaveOut = (id: number): void => {
    const children = counted.get(id)?.children ?? [];
    counted.delete(id);
    children.forEach(leaveOut);
  };
  for (const { id, callFrame } of nodes) if (isLeftOut(callFrame)) leaveOut(id);
  return counted;
}

/** How long each node was on top of the stack, in ms. */
function sampledMs({ samples = [], timeDeltas = [] }: Profiler.Profile): Map<number, number> {
  const ms = new Map<number, number>();
  samples.forEach((id, i) => {
    ms.set(id, (ms.get(id) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  });
  return ms;
}

function prune(frame: Frame, least: number): Frame {
  const children = frame.children.filter(({ value }) => value >= least);
  return { ...frame, children: children.map((child) => prune(child, least)) };
}

function nameOf(callFrame: Profiler.ProfileNode['callFrame']): string {
  const module = moduleOf(callFrame);
  return (callFrame.functionName || '(anonymous)') + (module ? `, ${module}` : '');
}

/** The package, the file of this server, or the module of Node that a function is in. */
function moduleOf({ url }: { url: string }): string | undefined {
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[1];
  return inPackage ?? /\/dist\/(.+)$/.exec(url)?.[1] ?? (/^(node|wasm):/.test(url) ? url : undefined);
}

function ownerOf(callFrame: Profiler.ProfileNode['callFrame']): Frame['owner'] {
  const { url } = callFrame;
  if (url.includes('/node_modules/')) return 'dependencies';
  if (url.includes('/dist/')) return 'this server';
  return url.startsWith('node:') ? 'Node' : 'V8 and system';
}
