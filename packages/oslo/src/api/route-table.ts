/** Knows which methods a path has, to tell 405 from 404. Only asked when no route matched. */
export interface RouteTable {
  add(method: string | string[], pattern: string): void
  /** Methods of the routes that match a path, sorted; empty if there is none. */
  methodsFor(path: string): string[]
}

export function routeTable(): RouteTable {
  const routes: { shape: RegExp; methods: string[] }[] = []
  return {
    add(method, pattern) {
      routes.push({ shape: shapeOf(pattern), methods: [method].flat() })
    },
    methodsFor(path) {
      const plain = path.replace(/(.)\/$/, '$1')
      const methods = routes.filter((route) => route.shape.test(plain)).flatMap((route) => route.methods)
      return [...new Set(methods)].toSorted()
    },
  }
}

/** `/servers/:id` as a regular expression; `*` matches anything. */
function shapeOf(pattern: string): RegExp {
  const source = pattern
    .replace(/(.)\/$/, '$1')
    .split('/')
    .map((part) =>
      part
        .split(/(:\w+\??|\*)/)
        .map((piece) => {
          if (piece === '*') return '.*'
          if (piece.startsWith(':')) return '[^/]+'
          return piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
        })
        .join(''),
    )
    .join('/')
  return new RegExp(`^${source}$`)
}
