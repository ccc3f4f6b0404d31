/** A number that others add to. */
export class Total {
  value = 0;
}
