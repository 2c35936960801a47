//! From words and signs to an expression.

use super::lexer::{Token, What, tokens};
use super::{Comparison, Expression, Property};
use crate::service::AttributeValue;

/// Parentheses and `!` within each other: deeper ones are no human's.
const DEPTH: usize = 64;

/// What is wrong with an expression: where, what would be right there, and what is there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("at character {at}: expected {expected}, found {found}")]
#[non_exhaustive]
pub struct ExpressionError {
    /// Which character, from 1.
    pub at: usize,
    /// What would be right there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl ExpressionError {
    pub(super) fn new(at: usize, expected: impl Into<String>, found: String) -> Self {
        Self {
            at,
            expected: expected.into(),
            found,
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens,
        next: 0,
        depth: 0,
    };
    let expression = parser.any()?;
    match parser.peek() {
        What::End => Ok(expression),
        _ => Err(parser.expected("`&&`, `||` or the end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.all()?];
        while self.takes(&What::Or) {
            parts.push(self.all()?);
        }
        Ok(single(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.not()?];
        while self.takes(&What::And) {
            parts.push(self.not()?);
        }
        Ok(single(parts, Expression::All))
    }

    fn not(&mut self) -> Result<Expression, ExpressionError> {
        if !matches!(self.peek(), What::Not | What::Open) {
            return self.atom();
        }
        if self.depth == DEPTH {
            return Err(self.expected(&format!("at most {DEPTH} `!` and `(` within each other")));
        }
        self.depth += 1;
        let inner = if self.takes(&What::Not) {
            Expression::Not(Box::new(self.not()?))
        } else {
            self.next += 1;
            let inner = self.any()?;
            if !self.takes(&What::Close) {
                return Err(self.expected("`&&`, `||` or `)`"));
            }
            inner
        };
        self.depth -= 1;
        Ok(inner)
    }

    fn atom(&mut self) -> Result<Expression, ExpressionError> {
        let (name, is_word) = match self.peek() {
            What::Word(word) => (word.clone(), true),
            What::Quoted(text) => (text.clone(), false),
            _ => return Err(self.expected("a tag, an attribute, `!` or `(`")),
        };
        let property = match is_word && name.contains('$') {
            true => Some(self.property(&name)?),
            false => None,
        };
        self.next += 1;
        match (property, self.comparison()) {
            (None, None) => Ok(Expression::Tag(name)),
            (None, Some(comparison)) => {
                let value = self.value()?;
                Ok(Expression::Attribute(name, comparison, value))
            }
            (Some(property), Some(comparison)) => {
                let value = self.text()?;
                Ok(Expression::Property(property, comparison, value))
            }
            (Some(_), None) => Err(self.expected("a comparison")),
        }
    }

    fn property(&self, name: &str) -> Result<Property, ExpressionError> {
        let mut all = Property::ALL.into_iter();
        let found = all.find(|property| property.as_str() == name);
        found.ok_or_else(|| {
            let names = Property::ALL.map(|property| format!("`{}`", property.as_str()));
            self.expected(&names.join(", "))
        })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let What::Compare(comparison) = *self.peek() else {
            return None;
        };
        self.next += 1;
        Some(comparison)
    }

    fn value(&mut self) -> Result<AttributeValue, ExpressionError> {
        let is_word = matches!(self.peek(), What::Word(_));
        let text = self.text()?;
        let plain = is_word.then_some(text.as_str());
        if let Some(Ok(value)) = plain.map(str::parse::<bool>) {
            return Ok(AttributeValue::Bool(value));
        }
        let number = plain.and_then(|plain| plain.parse::<f64>().ok());
        if let Some(value) = number.filter(|number| number.is_finite()) {
            return Ok(AttributeValue::Number(value));
        }
        Ok(AttributeValue::Text(text))
    }

    fn text(&mut self) -> Result<String, ExpressionError> {
        let text = match self.peek() {
            What::Word(word) if !word.contains('$') => word.clone(),
            What::Quoted(text) => text.clone(),
            _ => return Err(self.expected("a value")),
        };
        self.next += 1;
        Ok(text)
    }

    fn peek(&self) -> &What {
        let token = self.tokens.get(self.next);
        token.map_or(&What::End, |token| &token.what)
    }

    fn takes(&mut self, what: &What) -> bool {
        let taken = self.peek() == what;
        self.next += usize::from(taken);
        taken
    }

    fn expected(&self, expected: &str) -> ExpressionError {
        let at = self.tokens.get(self.next).map_or(1, |token| token.at);
        ExpressionError::new(at, expected, found(self.peek()))
    }
}

fn single(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn found(what: &What) -> String {
    match what {
        What::Word(word) => format!("`{word}`"),
        What::Quoted(text) => format!("\"{text}\""),
        What::Compare(comparison) => format!("`{}`", comparison.as_str()),
        What::Not => "`!`".into(),
        What::And => "`&&`".into(),
        What::Or => "`||`".into(),
        What::Open => "`(`".into(),
        What::Close => "`)`".into(),
        What::End => "the end".into(),
    }
}
