//! From an expression over tags and attributes to SQL.

use zpns_core::service::{AttributeValue, Comparison, Expression, Property, RegistryError};

use crate::select::{Select, Value};

/// An expression, split at its outermost `&&`.
#[derive(Debug)]
pub(crate) struct Filter<'a> {
    /// A tag that every device that is meant has: those devices are found by the tag's index, in
    /// the order of their ids, instead of looking at all.
    pub(crate) tag: Option<&'a str>,
    /// What has to hold besides.
    pub(crate) rest: Vec<&'a Expression>,
}

pub(crate) fn filter(expression: &Expression) -> Filter<'_> {
    let mut rest: Vec<&Expression> = match expression {
        Expression::All(parts) => parts.iter().collect(),
        other => vec![other],
    };
    let mut tags = rest.iter().enumerate().filter_map(|(place, part)| {
        let Expression::Tag(tag) = part else {
            return None;
        };
        Some((place, tag.as_str()))
    });
    let first = tags.next();
    if let Some((place, _)) = first {
        rest.remove(place);
    }
    let tag = first.map(|(_, tag)| tag);
    Filter { tag, rest }
}

/// What has to be true of `devices d` for all of it; empty if there is nothing.
///
/// # Errors
/// As [`condition`].
pub(crate) fn all(parts: &[&Expression], select: &mut Select) -> Result<String, RegistryError> {
    joined(parts.iter().copied(), " AND ", "", select)
}

/// What has to be true of `devices d`. Never NULL, or `NOT` of it would be NULL too.
///
/// # Errors
/// [`RegistryError::Invalid`] for a part that this crate does not know.
pub(crate) fn condition(
    expression: &Expression,
    select: &mut Select,
) -> Result<String, RegistryError> {
    Ok(match expression {
        Expression::Tag(tag) => {
            let tag = select.bind(Value::Text(tag.clone()));
            format!("EXISTS (SELECT 1 FROM zpns_tags x WHERE x.tag = {tag} AND x.device = d.id)")
        }
        Expression::Attribute(name, comparison, value) => {
            attribute(name, *comparison, value, select).ok_or_else(|| unknown(expression))?
        }
        Expression::Property(property, comparison, value) => {
            let value = select.bind(Value::Text(value.clone()));
            let holds = |column| format!("{column} {} {value}", sign(*comparison));
            match property {
                Property::Platform => holds("d.platform"),
                Property::Environment => holds("d.environment"),
                Property::Locale => format!("(d.locale IS NOT NULL AND {})", holds("d.locale")),
                Property::Provider => format!(
                    "EXISTS (SELECT 1 FROM zpns_channels x WHERE x.device = d.id AND {})",
                    holds("x.provider")
                ),
                _ => return Err(unknown(expression)),
            }
        }
        Expression::Not(inner) => format!("NOT ({})", condition(inner, select)?),
        Expression::All(parts) => joined(parts, " AND ", TRUE, select)?,
        Expression::Any(parts) => joined(parts, " OR ", FALSE, select)?,
        _ => return Err(unknown(expression)),
    })
}

const TRUE: &str = "(1 = 1)";
const FALSE: &str = "(1 = 0)";

fn unknown(expression: &Expression) -> RegistryError {
    RegistryError::Invalid(format!("this store cannot look for `{expression}`"))
}

fn joined<'a>(
    parts: impl IntoIterator<Item = &'a Expression>,
    with: &str,
    empty: &str,
    select: &mut Select,
) -> Result<String, RegistryError> {
    let parts = parts.into_iter().map(|part| condition(part, select));
    let parts: Vec<String> = parts.collect::<Result<_, _>>()?;
    Ok(match &*parts {
        [] => empty.to_owned(),
        parts => balanced(parts, with),
    })
}

/// In halves of halves: a long row would be too deep a tree for SQLite, which puts a limit to it.
fn balanced(parts: &[String], with: &str) -> String {
    match parts {
        [only] => only.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            let (left, right) = (balanced(left, with), balanced(right, with));
            format!("({left}{with}{right})")
        }
    }
}

fn attribute(
    name: &str,
    comparison: Comparison,
    value: &AttributeValue,
    select: &mut Select,
) -> Option<String> {
    let has_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let (column, value) = match value {
        // Yes and no have no order, and nothing compares to what is not a number.
        AttributeValue::Bool(_) if has_order => return Some(FALSE.to_owned()),
        AttributeValue::Number(number) if number.is_nan() => return Some(FALSE.to_owned()),
        AttributeValue::Bool(truth) => ("truth", Value::Truth(*truth)),
        AttributeValue::Number(number) => ("number", Value::Number(*number)),
        AttributeValue::Text(text) => ("text", Value::Text(text.clone())),
        _ => return None,
    };
    let name = select.bind(Value::Text(name.to_owned()));
    let value = select.bind(value);
    let sign = sign(comparison);
    Some(format!(
        "EXISTS (SELECT 1 FROM zpns_attributes x \
         WHERE x.device = d.id AND x.name = {name} AND x.{column} {sign} {value})"
    ))
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tag_that_all_have_leads_the_search() {
        let expression: Expression = "!cn && vip && beta".parse().unwrap();
        let found = filter(&expression);
        assert_eq!(found.tag, Some("vip"));
        assert_eq!(found.rest.len(), 2);
        for text in ["!vip", "vip || beta", "(vip || beta) && age > 3"] {
            let expression: Expression = text.parse().unwrap();
            assert_eq!(filter(&expression).tag, None, "{text}");
        }
    }

    #[test]
    fn what_a_user_wrote_is_bound_and_never_a_part_of_the_sql() {
        let hostile = "\"'); DROP TABLE devices; --\"";
        for text in [
            hostile.to_owned(),
            format!("{hostile} == {hostile}"),
            format!("$locale == {hostile}"),
        ] {
            let expression: Expression = text.parse().unwrap();
            let mut select = Select::default();
            let sql = condition(&expression, &mut select).unwrap();
            assert!(!sql.contains("DROP"), "{sql}");
            assert!(!select.values.is_empty());
        }
    }
}
