import type { ApiApp } from '../api/create-api.ts'

/** A route as it was registered. */
export interface Route {
  method: string
  /** With parameters, as `/v2/images/:image_id`. */
  path: string
}

/** All routes of a service, read from the tree that fastify prints of them. */
export async function routesOf(app: ApiApp): Promise<Route[]> {
  await app.ready()
  const routes: Route[] = []
  const above: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, branches = '', part = '', methods = ''] = /^([│├└─\s]*)(\S+) \(([^)]*)\)/.exec(line) ?? []
    if (part === '') continue
    const depth = branches.length / 4
    above[depth] = (above[depth - 1] ?? '') + part
    routes.push(...methods.split(', ').map((method) => ({ method, path: above[depth] ?? '' })))
  }
  return routes
}

/** The path of a route with values for its parameters; of a parameter with several names the first one counts. */
export function pathOf({ path }: Route, parameters: Record<string, string>): string {
  return path.replaceAll(/:(\w+)(?:\|:\w+)*/g, (_whole, name: string) => parameters[name] ?? 'x')
}

/**
 * A call by the fixed parts of its path, as `GET /v2/images/{}`: the route and the rule that guards it may name a parameter
 * differently.
 */
export function shapeOf({ method, path }: Route): string {
  return `${method} ${path.replace(/\?.*/, '').replaceAll(/\{\w+\}|:\w+(?:\|:\w+)*/g, '{}')}`
}
