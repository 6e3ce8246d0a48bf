/** The head of a table: what stands in each column, and of numbers what they count. */
export interface TableColumn {
  readonly name: string;
  /** Set to the right, as its cells are. */
  readonly isNumber?: true;
  readonly title?: string;
}

export function TableHead({ columns }: { readonly columns: readonly TableColumn[] }) {
  return (
    <thead>
      <tr>
        {columns.map(({ name, isNumber, title }) => (
          <th key={name} scope="col" class={isNumber && "number"} title={title}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
