import { badRequest } from '@longhaul/oslo/api'
import type { ProjectRow } from '../db/tables.ts'
import { ancestorsOf, subtreeOf } from '../project-tree.ts'
import type { Db } from '../revision.ts'

/** What a query asks to see of the tree beside a project. */
export interface WantedRelatives {
  parents_as_list: boolean
  parents_as_ids: boolean
  subtree_as_list: boolean
  subtree_as_ids: boolean
}

type IdTree = { [id: string]: IdTree } | null

/** Ids as a tree of objects; rows where the list was asked for. */
export interface Relatives {
  parents?: IdTree | ProjectRow[]
  subtree?: IdTree | ProjectRow[]
}

/**
 * The projects above and below one. Lists hold only those on which the caller has a role.
 *
 * @param isMine whether the caller has a role on a project
 * @throws ApiError 400 `query_invalid` for list and ids at the same time
 * @see Identity API v3, show project details
 */
export async function relativesOf(
  db: Db,
  id: string,
  wanted: WantedRelatives,
  isMine: () => Promise<(id: string) => boolean>,
): Promise<Relatives> {
  for (const side of ['parents', 'subtree'] as const) {
    if (wanted[`${side}_as_list`] && wanted[`${side}_as_ids`])
      throw badRequest(`Cannot use ${side}_as_list and ${side}_as_ids query params at the same time.`, {
        code: 'query_invalid',
      })
  }
  const relatives: Relatives = {}
  if (wanted.parents_as_list || wanted.parents_as_ids) {
    const above = await ancestorsOf(db, id)
    relatives.parents = wanted.parents_as_list
      ? await mine(above, isMine)
      : above.reduceRight<IdTree>((rest, row) => ({ [row.id]: rest }), null)
  }
  if (wanted.subtree_as_list || wanted.subtree_as_ids) {
    const below = await subtreeOf(db, id)
    relatives.subtree = wanted.subtree_as_list ? await mine(below, isMine) : idsBelow(id, below)
  }
  return relatives
}

async function mine(
  rows: ProjectRow[],
  isMine: () => Promise<(id: string) => boolean>,
): Promise<ProjectRow[]> {
  const test = await isMine()
  return rows.filter((row) => test(row.id))
}

function idsBelow(id: string, rows: readonly ProjectRow[]): IdTree {
  const children = Map.groupBy(rows, (row) => row.parent_id)
  const treeOf = (parent: string): IdTree => {
    const below = children.get(parent)
    return below ? Object.fromEntries(below.map((row) => [row.id, treeOf(row.id)])) : null
  }
  return treeOf(id)
}
