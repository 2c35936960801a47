//! Markdown tables on standard output.

/// A table that lines up when read as plain text, too.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these columns.
    pub fn new(columns: &[&str]) -> Self {
        Self {
            rows: vec![columns.iter().map(|&name| name.to_owned()).collect()],
        }
    }

    /// One more row, with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        for (number, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                write!(f, "| {cell:<width$} ", width = width(column))?;
            }
            writeln!(f, "|")?;
            if number == 0 {
                for column in 0..columns {
                    write!(f, "| {} ", "-".repeat(width(column).max(3)))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// `ok`, or `MISSED` so that it cannot be overlooked.
pub fn verdict(holds: bool) -> &'static str {
    if holds { "ok" } else { "**MISSED**" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(&["client", "cpu"]);
        table.row(["a2".to_owned(), "10.6".to_owned()]);
        assert_eq!(
            table.to_string(),
            "| client | cpu  |\n| ------ | ---- |\n| a2     | 10.6 |\n"
        );
    }
}
