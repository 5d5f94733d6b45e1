/** JSON schema of one thing. */
export type ItemSchema = Record<string, unknown> & { name: string }

const described = { rel: 'describedby', href: '{schema}' }
const paged = [{ rel: 'first', href: '{first}' }, { rel: 'next', href: '{next}' }, described]

/**
 * The JSON schema of a list of things. Only that of things with links of their own says that the list has pages.
 *
 * @see openstack/glance glance/schema.py, CollectionSchema
 */
export function collectionSchema(item: ItemSchema): ItemSchema {
  const name = `${item.name}s`
  const hasPages = 'links' in item
  return {
    name,
    properties: {
      [name]: { type: 'array', items: item },
      ...(hasPages ? { first: { type: 'string' }, next: { type: 'string' } } : {}),
      schema: { type: 'string' },
    },
    links: hasPages ? paged : [described],
  }
}
