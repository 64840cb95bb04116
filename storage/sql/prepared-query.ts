import type { Compilable, Kysely, QueryResult } from 'kysely';

/** Stands for a value of each call. */
class Placeholder {
  constructor(readonly name: string | symbol) {}
}

/** Compiles a query once: this takes Kysely longer than the query takes SQLite. `build` gets placeholders. */
export function prepareQuery<Database, Values extends object, Row>(
  db: Kysely<Database>,
  build: (parameters: Values) => Compilable<Row>,
): (values: Values) => Promise<QueryResult<Row>> {
  const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(name) }) as Values;
  const query = build(placeholders).compile();
  return (values) => {
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter,
    );
    return db.executeQuery<Row>({ ...query, parameters });
  };
}
