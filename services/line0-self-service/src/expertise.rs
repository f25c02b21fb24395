//! What line 3 has published, as articles for the organization's people.

use handover::{Change, Refused};
use knowledge::life::{About, Edition, Kept, Standing};
use known::{ItemNews, Learns, article, keep};
use tonic::async_trait;

use crate::kept::Revision;

/// Whose work these articles are.
const AUTHOR: &str = "expert";

/// Publishes as articles what line 3 has published, and retires what it has withdrawn.
pub(crate) struct Library;

#[async_trait]
impl Learns for Library {
    async fn item(&self, change: &Change<'_>, news: &ItemNews) -> Result<(), Refused> {
        if !keep(change, news).await? {
            return Ok(());
        }
        let revision = Revision::begin(change).await?;
        let edition = Edition { article: article(&news.item), about: About::default() };
        let found = revision.load(&edition.article.id, 0).await?;
        let (kept, read, over) = match (found, news.withdrawn) {
            (None, true) => return Ok(()),
            (Some((kept, _)), true) if kept.present.standing == Standing::Retired => return Ok(()),
            (Some((mut kept, read)), true) => {
                let over = kept.retire(change.now).ok().flatten();
                (kept, Some(read), over)
            }
            (Some((mut kept, read)), false) => {
                let over = kept.import(edition, AUTHOR, change.now);
                (kept, Some(read), Some(over))
            }
            (None, false) => (Kept::imported(edition, AUTHOR, change.now), None, None),
        };
        revision.save(&kept, read, over).await.map(|_| ())
    }
}
