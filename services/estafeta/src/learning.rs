//! `train` and `models`: what line 1 learns from closed tickets, and which models work.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use proto::line1::model_service_client::ModelServiceClient;
use proto::line1::{
    ActivateModelRequest, GetModelRequest, LanguageFigures, Learning, ListModelsRequest, Model, ModelState, ModelUse,
    RestModelRequest, ShadowModelRequest, SortingField, TrainRequest,
};
use proto::ticket::Language;
use rpc::{Channel, Limits, tuned};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::line1::{Line1, timely};
use crate::wire_json;

/// How often is looked whether a training has ended.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long to wait for a training.
#[derive(Debug, Args)]
pub struct TrainOptions {
    #[command(flatten)]
    line1: Line1,
    /// Learn from so many tickets at most, the newest; from as many as the plan says when left out.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    tickets: u32,
    /// For how many minutes the end is waited for.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=1440))]
    wait: u64,
}

/// What is asked about models.
#[derive(Debug, Args)]
pub struct ModelsOptions {
    #[command(flatten)]
    line1: Line1,
    #[command(subcommand)]
    deed: Option<Deed>,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Show a model, and what became of what it said of closed tickets.
    Show {
        /// The model.
        model: String,
    },
    /// Let a model act.
    Activate {
        /// The model.
        model: String,
    },
    /// Let a model run beside the one that acts.
    Shadow {
        /// The model.
        model: String,
    },
    /// Let a model neither act nor run in shadow.
    Rest {
        /// The model.
        model: String,
    },
}

/// Lets line 1 learn from closed tickets now, and prints what came of it. Returns whether a model was made.
///
/// # Errors
/// When line 1 refuses, is away, or does not come to the end.
pub async fn train(options: TrainOptions) -> Result<bool, Failure> {
    let TrainOptions { line1, tickets, wait } = options;
    let mut models = connect(&line1)?;
    models.train(timely(TrainRequest { request_id: request_id(), tickets })).await?;
    let until = Instant::now() + Duration::from_secs(60 * wait);
    let learning = loop {
        let (learning, _) = list(&mut models).await?;
        if !learning.is_asked && learning.running_until.is_none() {
            break learning;
        }
        if Instant::now() > until {
            return Err(Failure::Late("the end of the training".to_owned()));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    let (_, all) = list(&mut models).await?;
    let made: Vec<&Model> = (learning.outcomes.iter())
        .filter_map(|outcome| all.iter().find(|model| model.model_id == outcome.model_id))
        .collect();
    if line1.json {
        let models = made.iter().map(|model| model_json(model)).collect::<Result<Vec<_>, _>>()?;
        let learning = wire_json::write("estafeta.line1.v1.Learning", &learning)?;
        println!("{}", json!({ "learning": learning, "models": models }));
    } else {
        made.iter().for_each(|model| print(model));
        if learning.encoder_missed {
            println!("the encoder gave no vectors: learned from words alone, until it answers again");
        }
        for outcome in learning.outcomes.iter().filter(|outcome| outcome.model_id.is_empty()) {
            println!("{}: no model: {}", field(outcome.field()), outcome.why_not);
        }
    }
    Ok(!made.is_empty())
}

/// Lists the models, or does what is asked to one.
///
/// # Errors
/// When line 1 refuses or is away.
pub async fn models(options: ModelsOptions) -> Result<(), Failure> {
    let ModelsOptions { line1, deed } = options;
    let mut models = connect(&line1)?;
    let request_id = request_id();
    let (model, figures) = match deed {
        None => {
            let (_, all) = list(&mut models).await?;
            if line1.json {
                let all = all.iter().map(model_json).collect::<Result<Vec<_>, _>>()?;
                println!("{}", json!({ "models": all }));
            } else if all.is_empty() {
                println!("no models; `estafeta train` makes some");
            } else {
                all.iter().for_each(print);
            }
            return Ok(());
        }
        Some(Deed::Show { model: model_id }) => {
            let answer = models.get_model(timely(GetModelRequest { model_id })).await?.into_inner();
            (answer.model, answer.r#use)
        }
        Some(Deed::Activate { model: model_id }) => {
            let request = timely(ActivateModelRequest { request_id, model_id });
            (models.activate_model(request).await?.into_inner().model, None)
        }
        Some(Deed::Shadow { model: model_id }) => {
            let request = timely(ShadowModelRequest { request_id, model_id });
            (models.shadow_model(request).await?.into_inner().model, None)
        }
        Some(Deed::Rest { model: model_id }) => {
            let request = timely(RestModelRequest { request_id, model_id });
            (models.rest_model(request).await?.into_inner().model, None)
        }
    };
    let model = model.unwrap_or_default();
    if line1.json {
        let figures = figures.map(|figures| wire_json::write("estafeta.line1.v1.ModelUse", &figures)).transpose()?;
        println!("{}", json!({ "model": model_json(&model)?, "use": figures }));
        return Ok(());
    }
    print(&model);
    if let Some(ModelUse { said, right, sure, sure_right, compared, agreed }) = figures {
        println!("  of closed tickets: right on {right} of {said}, and on {sure_right} of the {sure} it was sure of");
        if compared > 0 {
            println!("  it said the same as another model on {agreed} of {compared}");
        }
    }
    Ok(())
}

fn connect(line1: &Line1) -> Result<ModelServiceClient<Channel>, Failure> {
    Ok(tuned!(ModelServiceClient::new(line1.channel()?), &Limits::default()))
}

fn request_id() -> String {
    format!("models-{:032x}", rand::random::<u128>())
}

async fn list(models: &mut ModelServiceClient<Channel>) -> Result<(Learning, Vec<Model>), Failure> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = models.list_models(timely(ListModelsRequest { page_size: 0, page_token })).await?.into_inner();
        all.extend(page.models);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok((page.learning.unwrap_or_default(), all));
        }
    }
}

fn model_json(model: &Model) -> Result<Value, Failure> {
    wire_json::write("estafeta.line1.v1.Model", model)
}

fn field(field: SortingField) -> &'static str {
    match field {
        SortingField::Unspecified => "nothing",
        SortingField::Category => "category",
        SortingField::Kind => "kind",
        SortingField::Impact => "impact",
        SortingField::Urgency => "urgency",
        SortingField::Product => "product",
    }
}

fn print(model: &Model) {
    let state = match model.state() {
        ModelState::Unspecified | ModelState::Resting => "resting",
        ModelState::Shadow => "in shadow",
        ModelState::Active => "active",
    };
    let Model { model_id, tickets, out_of_scope, labels, wanted, languages, calibration_error, .. } = model;
    println!("{}: {model_id}, {state}", field(model.field()));
    println!("  {tickets} tickets, {out_of_scope} of them out of scope, {} values", labels.len());
    if model.dimensions > 0 {
        println!("  vectors of {} numbers by the encoder `{}`", model.dimensions, model.encoder);
    }
    let by_vector = model.by_vector.iter().map(|of| (of, " with the encoder"));
    for (of, how) in languages.iter().map(|of| (of, "")).chain(by_vector) {
        let LanguageFigures { tickets, threshold, precision, coverage, .. } = of;
        let language = if of.language() == Language::English { "English" } else { "Russian" };
        let language = format!("{language}{how}");
        match threshold {
            Some(threshold) => println!(
                "  {language}: sets {} of requests by itself, {} of them right (wanted {}), from a probability of {}",
                percent(*coverage),
                percent(*precision),
                percent(*wanted),
                percent(*threshold)
            ),
            None => println!(
                "  {language}: only suggests: {tickets} tickets do not show a precision of {}",
                percent(*wanted)
            ),
        }
    }
    println!("  probabilities are off by {} on the mean", percent(*calibration_error));
}

fn percent(thousandths: u32) -> String {
    format!("{:.1} %", f64::from(thousandths) / 10.0)
}
