//! The words and signs of an expression.

use super::Comparison;
use super::parser::ExpressionError;

/// One of them, and at which character it begins, from 1.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) what: What,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum What {
    /// Without quotes.
    Word(String),
    /// In quotes.
    Quoted(String),
    Compare(Comparison),
    Not,
    And,
    Or,
    Open,
    Close,
    End,
}

/// Signs, the longer ones first.
const SIGNS: [(&str, What); 11] = [
    ("==", What::Compare(Comparison::Equal)),
    ("!=", What::Compare(Comparison::NotEqual)),
    ("<=", What::Compare(Comparison::LessOrEqual)),
    (">=", What::Compare(Comparison::GreaterOrEqual)),
    ("&&", What::And),
    ("||", What::Or),
    ("<", What::Compare(Comparison::Less)),
    (">", What::Compare(Comparison::Greater)),
    ("!", What::Not),
    ("(", What::Open),
    (")", What::Close),
];

/// All of them, an [`What::End`] last.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let done = text.len() - rest.len();
        let at = 1 + text[..done].chars().count();
        if rest.is_empty() {
            let what = What::End;
            tokens.push(Token { at, what });
            return Ok(tokens);
        }
        let (what, length) = next(rest, at)?;
        tokens.push(Token { at, what });
        rest = &rest[length..];
    }
}

/// The first one, and how many bytes it is long.
fn next(rest: &str, at: usize) -> Result<(What, usize), ExpressionError> {
    let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
    if let Some((sign, what)) = sign {
        return Ok((what.clone(), sign.len()));
    }
    if rest.starts_with('"') {
        return quoted(rest, at);
    }
    let length = rest
        .find(|character| !is_word(character) && character != '$')
        .unwrap_or(rest.len());
    match rest.chars().next() {
        Some(wrong) if length == 0 => Err(ExpressionError::new(
            at,
            "a word, a sign or a text in quotes",
            format!("`{wrong}`"),
        )),
        _ => Ok((What::Word(rest[..length].to_owned()), length)),
    }
}

fn quoted(rest: &str, at: usize) -> Result<(What, usize), ExpressionError> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return Ok((What::Quoted(text), position + 1)),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => text.push(character),
        }
    }
    Err(ExpressionError::new(
        at,
        "a `\"` at the end of the text",
        "the end".into(),
    ))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "_-.:/@".contains(character)
}

/// As a word, or in quotes where it is none.
pub(super) fn written(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_word) {
        return text.to_owned();
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// As a word, or in quotes where a word would mean something else.
pub(super) fn written_value(text: &str) -> String {
    let is_another_type = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok();
    if is_another_type {
        return format!("\"{text}\"");
    }
    written(text)
}
