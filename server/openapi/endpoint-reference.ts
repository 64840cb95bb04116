interface OpenApiDocument {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

interface Operation {
  tags: string[];
  summary: string;
  description: string;
  security: Record<string, unknown>[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

type Content = Record<string, { schema?: Schema; example?: unknown }>;

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

export function renderEndpointReference(document: object): string {
  // The builder types its document as any object; the OpenAPI tests check its shape.
  const { tags, paths, components } = document as OpenApiDocument;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  const sections = tags.map(({ name, description }) => {
    const entries = operations
      .filter(({ operation }) => operation.tags.includes(name))
      .map(({ name, operation }) => renderOperation(name, operation, components.schemas));
    return [`## ${name}`, description, ...entries].join('\n\n');
  });
  return [INTRODUCTION, ...sections].join('\n\n');
}

const INTRODUCTION = `# Endpoints

Generated from the OpenAPI document (\`npm run docs:endpoints\`), which every server serves at \`/v1/openapi.json\`. The
[protocol](protocol.md) explains tokens, signatures and bundles; [errors](clients/errors.md) explains each errno. Any
operation can also reply with errno 114, 201 and 999. Long hex values are shortened here.`;

function renderOperation(name: string, operation: Operation, schemas: Record<string, Schema>): string {
  const { summary, description, security, requestBody, responses } = operation;
  const [token] = security.flatMap((scheme) => Object.keys(scheme));
  const body = requestBody?.content['application/json'];
  const reply = responses[200]?.content?.['application/json'];
  return [
    `### \`${name}\``,
    `${summary}. ${description}`,
    token ? `Authentication: Hawk, signed with the keys of the \`${token}\`.` : 'Authentication: none.',
    ...renderFields('Request', body?.schema, schemas),
    ...renderFields('Reply', reply?.schema, schemas),
    ...(body || reply ? [renderExample(body?.example, reply?.example)] : []),
    renderErrnos(responses),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function renderFields(title: string, schema: Schema | undefined, schemas: Record<string, Schema>): string[] {
  if (!schema) return [];
  const rows = flatten(resolve(schema, schemas), '');
  if (rows.length === 0) return [`${title}: an empty object.`];
  return [`${title}:`, rows.map(([field, text]) => `- \`${field}\`: ${text}`).join('\n')];
}

function resolve(schema: Schema, schemas: Record<string, Schema>): Schema {
  return schema.$ref ? (schemas[schema.$ref.split('/').at(-1) as string] as Schema) : schema;
}

/** Flattens a schema into dotted paths and their types. */
function flatten(schema: Schema, path: string): [string, string][] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, property]): [string, string][] => {
    const field = path ? `${path}.${name}` : name;
    const optional = required.includes(name) ? '' : 'optional. ';
    const inner = property.items ?? property;
    if (inner.properties) {
      const leaves = flatten(inner, property.items ? `${field}[]` : field);
      return optional ? [[field, 'optional object'], ...leaves] : leaves;
    }
    const variants = property.oneOf ?? [];
    if (variants.length > 0) return variants.flatMap((variant) => flatten(variant, field));
    return [[field, `${optional}${describe(property)}`]];
  });
}

function describe(schema: Schema): string {
  const { description } = schema;
  return [describeType(schema), description].filter(Boolean).join('. ');
}

function describeType({
  type,
  const: value,
  enum: values,
  pattern,
  anyOf,
  maxLength,
  ...range
}: Schema): string {
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  if (values) return values.map((each) => `\`${JSON.stringify(each)}\``).join(', ');
  if (anyOf) return anyOf.map((each) => describeType(each)).join(', or ');
  const digits = /^\^\[0-9a-f(?:A-F)?\]\{(\d+)\}\$$/.exec(pattern ?? '')?.[1];
  if (digits) return `${Number(digits) / 2} bytes, hex`;
  const types = [type].flat().join(' or ');
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = range;
  const least = minimum === Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`;
  const most = maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
  const length = maxLength === undefined ? '' : `, at most ${maxLength} characters`;
  return `${types}${least}${most}${length}`;
}

function renderExample(request: unknown, reply: unknown): string {
  const blocks = [request, reply].filter((example) => example !== undefined);
  return blocks.map((example) => `\`\`\`json\n${shorten(example)}\n\`\`\``).join('\n\n');
}

function shorten(example: unknown): string {
  const text = JSON.stringify(example, null, 2);
  return text.replace(/[\w.-]{65,}/g, (value) => `${value.slice(0, 16)}…${value.slice(-8)}`);
}

function renderErrnos(responses: Operation['responses']): string {
  const descriptions = Object.values(responses).map(({ description }) => description);
  const errnos = descriptions.flatMap((text) => [...text.matchAll(/errno (\d+)/g)].map(([, errno]) => errno));
  const own = [...new Set(errnos)].filter((errno) => !['114', '201', '999'].includes(errno as string));
  return own.length === 0 ? '' : `Errors: errno ${own.join(', ')}.`;
}
