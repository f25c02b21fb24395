//! A trace goes through every hop.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::{SpanKind, Status as SpanStatus, TracerProvider};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use proto::line0::knowledge_service_client::KnowledgeServiceClient;
use rpc::{Refusal, Role, as_caller, metadata_of};
use tracing::Instrument;
use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt};

use crate::scene::{Desk, LINE0, LINE1, Scene, Way, question, said, title};

/// Keeps the spans that ended.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().expect("no exporter panicked").extend(batch);
        Ok(())
    }
}

impl Kept {
    fn find(&self, kind: SpanKind, service: Option<&str>) -> SpanData {
        let spans = self.0.lock().expect("no exporter panicked");
        let says = |span: &SpanData, service: &str| {
            span.attributes.iter().any(|one| one.key.as_str() == "estafeta.service" && one.value.as_str() == service)
        };
        let found = spans.iter().find(|span| span.span_kind == kind && service.is_none_or(|name| says(span, name)));
        found.cloned().unwrap_or_else(|| panic!("no {kind:?} span of {service:?} among {spans:#?}"))
    }
}

#[tokio::test]
async fn two_hops_are_one_trace_from_parent_to_child() {
    for way in Way::BOTH {
        let kept = Kept::default();
        let tracers = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("test")).with_filter(LevelFilter::INFO);
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

        let scene = Scene::new();
        let second = scene.open(way, LINE0, Desk::answering(|_| async { Ok(said("end")) })).await;
        let to_second = as_caller(second.channel.clone(), scene.token(Role::Supervisor));
        let first = Desk::answering(move |_| {
            let mut client = KnowledgeServiceClient::new(to_second.clone());
            async move { Ok(said(title(client.search_articles(question("?")).await?))) }
        });
        let first = scene.open(way, LINE1, first).await;
        let mut client = scene.supervisor(&first.channel);
        let outer = tracing::info_span!("outer");
        let answer = client.search_articles(question("?")).instrument(outer.clone()).await.unwrap();
        assert_eq!(title(answer), "end");
        drop(outer);
        drop((first, second));
        drop(guard);

        let (one, two) =
            (kept.find(SpanKind::Server, Some("service-desk")), kept.find(SpanKind::Server, Some("self-service")));
        let outer = kept.find(SpanKind::Internal, None);
        let spans = kept.0.lock().unwrap().clone();
        let parent =
            |of: &SpanData| spans.iter().find(|span| span.span_context.span_id() == of.parent_span_id).unwrap().clone();
        assert_eq!(one.name, "/estafeta.line0.v1.KnowledgeService/SearchArticles");
        let trace = outer.span_context.trace_id();
        assert!(spans.iter().all(|span| span.span_context.trace_id() == trace), "{way:?}: one trace");
        for (child, kinds) in
            [(&two, [SpanKind::Client, SpanKind::Server]), (&one, [SpanKind::Client, SpanKind::Internal])]
        {
            let between = parent(child);
            assert_eq!([between.span_kind.clone(), parent(&between).span_kind], kinds, "{way:?}");
        }
        assert_eq!(parent(&parent(&two)).span_context, one.span_context, "{way:?}");
        assert_eq!(parent(&parent(&one)).span_context, outer.span_context, "{way:?}");
    }
}

#[tokio::test]
async fn a_fault_is_marked_on_its_span_and_names_its_trace() {
    for way in Way::BOTH {
        let kept = Kept::default();
        let tracers = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("test")).with_filter(LevelFilter::INFO);
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

        let scene = Scene::new();
        let open =
            scene.open(way, LINE0, Desk::refusing(Refusal::Internal { what: "the disk is on fire".to_owned() })).await;
        let status = scene.supervisor(&open.channel).search_articles(question("?")).await.unwrap_err();
        drop(open);
        drop(guard);
        let span = kept.find(SpanKind::Server, None);
        assert!(matches!(span.status, SpanStatus::Error { .. }), "{way:?}: {:?}", span.status);
        assert_eq!(metadata_of(&status)["trace_id"], span.span_context.trace_id().to_string());
        assert!(matches!(kept.find(SpanKind::Client, None).status, SpanStatus::Error { .. }));
    }
}
