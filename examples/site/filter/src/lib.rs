//! Markdown to HTML. Whoever writes pages may find a defect in the parser; what he has then is this component's memory, for as
//! long as it takes to hand back some HTML.

wit_bindgen::generate!({ path: "../wit", world: "filter" });

use exports::example::site::render::{Document, Guest};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

struct Filter;

impl Guest for Filter {
    fn to_html(markdown: String) -> Document {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
        let mut title = Title::default();
        let events = Parser::new_ext(&markdown, options).map(harmless).inspect(|event| title.look(event));
        let mut html = String::with_capacity(markdown.len() * 3 / 2);
        html::push_html(&mut html, events);
        Document { title: title.text, html }
    }
}

/// Tags written by hand become text, and links that run code lead nowhere.
fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if runs_code(&dest_url) { "".into() } else { dest_url };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            let dest_url = if runs_code(&dest_url) { "".into() } else { dest_url };
            Event::Start(Tag::Image { link_type, dest_url, title, id })
        }
        other => other,
    }
}

/// Whether a link has a scheme other than those of pages and mail. Browsers skip white space and control characters in a
/// scheme, so nothing but letters may stand before the colon.
fn runs_code(link: &str) -> bool {
    let end = link.find(['/', '?', '#']).unwrap_or(link.len());
    match link[..end].split_once(':') {
        Some((scheme, _)) => !["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known)),
        None => false,
    }
}

/// The text of the first heading, as its events go by.
#[derive(Default)]
struct Title {
    text: Option<String>,
    within: bool,
}

impl Title {
    fn look(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. }) if self.text.is_none() => {
                self.within = true;
                self.text = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => self.within = false,
            Event::Text(text) | Event::Code(text) if self.within => {
                self.text.get_or_insert_default().push_str(text);
            }
            _ => {}
        }
    }
}

export!(Filter);
