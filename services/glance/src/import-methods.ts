/** Staged data is imported. */
export const glanceDirect = 'glance-direct'

/** How data may come to an image besides its upload. */
export const importMethods: readonly string[] = [glanceDirect]
