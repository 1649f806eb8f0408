/**
 * Makes something of kelt's own that another load may be making at the same time: IF NOT EXISTS looks before it makes, and between the two
 * the other one can be faster. An error counts only where the thing is not there afterwards.
 */
export async function makeOnce(make: () => Promise<unknown>, isThere: () => Promise<boolean>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (!(await isThere().catch(() => false))) throw error;
  }
}
