//! Models and what they say, on the wire.

use handover::wire::{enums, instant};
use plan::Sortable;
use proto::line1 as wire;
use ticket::event::{Opinion, OpinionOutcome};

use super::Given;
use super::kept::{Measured, State, Stored};
use crate::sorting::thousandths;

fn field(field: Sortable) -> wire::SortingField {
    match field {
        Sortable::Category => wire::SortingField::Category,
        Sortable::Kind => wire::SortingField::Kind,
        Sortable::Impact => wire::SortingField::Impact,
        Sortable::Urgency => wire::SortingField::Urgency,
        Sortable::Product => wire::SortingField::Product,
    }
}

/// What a model said, on the wire.
pub(crate) fn to_opinion(opinion: Opinion) -> wire::ModelOpinion {
    let Opinion { field: name, value, probability, threshold, words, model, by_meaning, outcome } = opinion;
    let outcome = match outcome {
        OpinionOutcome::Set => wire::OpinionOutcome::Set,
        OpinionOutcome::Suggested => wire::OpinionOutcome::Suggested,
        OpinionOutcome::Overruled => wire::OpinionOutcome::Overruled,
        OpinionOutcome::Shadow => wire::OpinionOutcome::Shadow,
    };
    let field = Sortable::of(&name).map_or(wire::SortingField::Unspecified, field);
    wire::ModelOpinion {
        field: field.into(),
        value,
        probability,
        threshold,
        words,
        model_id: model,
        outcome: outcome.into(),
        by_meaning,
    }
}

/// What was known of a new request, on the wire.
pub(crate) fn to_given(given: Given) -> wire::SortingInput {
    let Given { channel, category, product, environment, kind, impact, urgency } = given;
    wire::SortingInput {
        channel: channel.map_or(0, enums::to_channel),
        category: category.unwrap_or_default(),
        product: product.unwrap_or_default(),
        environment: environment.unwrap_or_default(),
        kind: kind.map_or(0, enums::to_kind),
        impact: impact.map_or(0, enums::to_impact),
        urgency: urgency.map_or(0, enums::to_urgency),
    }
}

pub(super) fn to_model(stored: Stored, state: &State) -> wire::Model {
    let Stored {
        id,
        field: of,
        made_at,
        plan,
        tickets,
        outside,
        oldest,
        newest,
        labels,
        wanted,
        languages,
        encoder,
        dimensions,
        by_vector,
        error,
        spoken: _,
        bytes,
        parts: _,
        is_whole: _,
    } = stored;
    let works = if state.acting.get(&of) == Some(&id) {
        wire::ModelState::Active
    } else if state.shadow.get(&of) == Some(&id) {
        wire::ModelState::Shadow
    } else {
        wire::ModelState::Resting
    };
    wire::Model {
        model_id: id,
        field: field(of).into(),
        state: works.into(),
        made_at: Some(instant(made_at)),
        plan,
        tickets,
        out_of_scope: outside,
        oldest: Some(instant(oldest)),
        newest: Some(instant(newest)),
        labels: labels.into_iter().map(|(value, tickets)| wire::LabelCount { value, tickets }).collect(),
        wanted: thousandths(wanted),
        languages: languages.into_iter().map(to_figures).collect(),
        encoder,
        dimensions,
        by_vector: by_vector.into_iter().map(to_figures).collect(),
        calibration_error: thousandths(error),
        bytes,
    }
}

fn to_figures(measured: Measured) -> wire::LanguageFigures {
    let Measured { language, tickets, threshold, precision, coverage } = measured;
    wire::LanguageFigures {
        language: enums::to_language(language),
        tickets,
        threshold: threshold.map(thousandths),
        precision: thousandths(precision),
        coverage: thousandths(coverage),
    }
}

pub(super) fn to_learning(state: State) -> wire::Learning {
    let State { acting: _, shadow: _, asked, until, trained_at, encoder_missed, closed_until: _, outcomes } = state;
    let outcomes = outcomes.into_iter().map(|(of, outcome)| {
        let (model_id, why_not) = outcome.map_or_else(|why| (String::new(), why), |id| (id, String::new()));
        wire::TrainingOutcome { field: field(of).into(), model_id, why_not }
    });
    wire::Learning {
        is_asked: asked.is_some(),
        running_until: until.map(instant),
        trained_at: trained_at.map(instant),
        outcomes: outcomes.collect(),
        encoder_missed,
    }
}
