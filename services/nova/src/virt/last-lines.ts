/**
 * The last lines of a text, as Nova counts them: what follows the last line break is a line, even if it is empty.
 *
 * @param length undefined: all; 0: none
 * @see openstack/nova nova/compute/manager.py, _tail_log
 */
export function lastLines(text: string, length: number | undefined): string {
  if (length === undefined) return text
  return length <= 0 ? '' : text.split('\n').slice(-length).join('\n')
}
