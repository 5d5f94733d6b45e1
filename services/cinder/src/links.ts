import type { FastifyRequest } from 'fastify'

/** URLs for bodies, in the form in which the request came: with the project's id or without. */
export interface Links {
  /** @param path such as `/volumes/4e3e`, with a slash at its start */
  self(path: string): string
  /** The same thing without a version. */
  bookmark(path: string): string
}

export function linksOf(request: FastifyRequest): Links {
  const base = request.server.api.baseUrl(request)
  const { project_id: projectId } = request.params as { project_id?: string }
  const project = projectId === undefined ? '' : `/${projectId}`
  return {
    self: (path) => `${base}/v3${project}${path}`,
    bookmark: (path) => `${base}${project}${path}`,
  }
}

/** The two links that a resource shows. @param path path of the resource */
export function resourceLinks(links: Links, path: string) {
  return [
    { rel: 'self', href: links.self(path) },
    { rel: 'bookmark', href: links.bookmark(path) },
  ]
}
