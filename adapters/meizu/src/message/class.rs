//! What a message is about → Meizu's class.

use serde::{Deserialize, Serialize};
use zpns_core::Category;

/// Meizu's class of a message (`noticeMsgType`; `reference/meizu.md` §5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeMsgType {
    /// 0, 公信: content and advertising. A device takes five a day from a news or reading app, and
    /// three from any other.
    Public,
    /// 1, 私信: about the user. Without a limit.
    Private,
}

impl NoticeMsgType {
    pub(crate) const fn wire(self) -> u8 {
        match self {
            Self::Public => 0,
            Self::Private => 1,
        }
    }
}

/// The class of each category. Careful on purpose: what is not about the user alone is public.
pub(crate) const CLASSES: [(Category, NoticeMsgType); 13] = [
    (Category::InstantMessage, NoticeMsgType::Private),
    (Category::Call, NoticeMsgType::Private),
    (Category::Account, NoticeMsgType::Private),
    (Category::Order, NoticeMsgType::Private),
    (Category::Finance, NoticeMsgType::Private),
    (Category::Travel, NoticeMsgType::Private),
    (Category::Health, NoticeMsgType::Private),
    (Category::Work, NoticeMsgType::Private),
    (Category::DeviceReminder, NoticeMsgType::Private),
    (Category::Mail, NoticeMsgType::Private),
    (Category::Social, NoticeMsgType::Public),
    (Category::News, NoticeMsgType::Public),
    (Category::Marketing, NoticeMsgType::Public),
];

/// The class of a category.
pub(crate) fn class(category: Category) -> Option<NoticeMsgType> {
    let row = CLASSES.iter().find(|(known, _)| *known == category);
    row.map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_a_row() {
        let rows: Vec<Category> = CLASSES.iter().map(|(category, _)| *category).collect();
        assert_eq!(rows, Category::ALL);
    }
}
