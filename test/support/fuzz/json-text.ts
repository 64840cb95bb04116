/** JSON as text can express it: with repeated members in any order. */
export type JsonNode = string | number | boolean | null | JsonNode[] | Members | Verbatim;

export interface Members {
  members: [name: string, value: JsonNode][];
}

/** Raw text in place of a value; may be invalid JSON. */
export interface Verbatim {
  verbatim: string;
}

export function toNode(value: unknown): JsonNode {
  if (Array.isArray(value)) return value.map(toNode);
  if (typeof value === 'object' && value !== null) {
    return { members: Object.entries(value).map(([name, member]) => [name, toNode(member)]) };
  }
  return value as JsonNode;
}

export function isMembers(node: JsonNode): node is Members {
  return typeof node === 'object' && node !== null && 'members' in node;
}

export function writeJson(node: JsonNode): string {
  if (Array.isArray(node)) return `[${node.map(writeJson).join(',')}]`;
  if (typeof node !== 'object' || node === null) return JSON.stringify(node);
  if ('verbatim' in node) return node.verbatim;
  return `{${node.members.map(([name, value]) => `${JSON.stringify(name)}:${writeJson(value)}`).join(',')}}`;
}

export type JsonPath = (string | number)[];

/** Root first. Members with the same name share a path. */
export function listPaths(node: JsonNode, path: JsonPath = []): JsonPath[] {
  const inner: [string | number, JsonNode][] = Array.isArray(node)
    ? node.map((item, i) => [i, item])
    : isMembers(node)
      ? node.members
      : [];
  return [path, ...inner.flatMap(([key, value]) => listPaths(value, [...path, key]))];
}

/** Without a replacement the node is removed. */
export function replaceAt(
  node: JsonNode,
  [key, ...rest]: JsonPath,
  replace: (value: JsonNode, name: string) => [name: string, value: JsonNode][],
): JsonNode {
  if (key === undefined) return replace(node, '')[0]?.[1] ?? null;
  const step = (value: JsonNode, name: string): [string, JsonNode][] =>
    rest.length > 0 ? [[name, replaceAt(value, rest, replace)]] : replace(value, name);
  if (Array.isArray(node)) {
    return node.flatMap((item, i) => (i === key ? step(item, '').map(([, value]) => value) : [item]));
  }
  if (!isMembers(node)) return node;
  return {
    members: node.members.flatMap(([name, value]) => (name === key ? step(value, name) : [[name, value]])),
  };
}
