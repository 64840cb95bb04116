import type { Compilable, Kysely, QueryResult } from 'kysely';

/** Stands in a query for a value that each call gives. */
class Placeholder {
  constructor(readonly name: string | symbol) {}
}

/**
 * Puts a query together once, for what requests ask again and again: Kysely needs longer to build and compile a
 * query than SQLite to answer it.
 * @param build makes the query, with its parameters in the places of values
 * @returns runs the query with the values of one call; it throws what the database does
 */
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
