//! What is predicted of one runtime: every scenario, and what they come to.

use super::measured_address::MeasuredAddress;
use super::model::Model;
use super::scenario::Scenario;
use super::walk::TimerRace;
use super::{cure, messages, order};
use crate::finding::Prediction;
use crate::outcome::Families;

/// What is predicted of one runtime, and what it rests on.
pub(super) struct Forecast {
    pub(super) model: Model,
    /// One for each way it may go: resolver libraries, and a limit that is hit or missed.
    pub(super) scenarios: Vec<Scenario>,
    pub(super) prediction: Prediction,
}

impl Forecast {
    /// The forecast for a runtime, from the measured addresses of one host. `families` is there where a name is resolved.
    pub(super) fn of(model: Model, measured: &[MeasuredAddress], families: Option<Families>) -> Self {
        let mut scenarios = Vec::new();
        for library in model.libraries {
            let measured =
                model.options.arrange(order::arrange(measured, *library, families.filter(|_| model.configured_only)));
            for race in [TimerRace::InTime, TimerRace::Late] {
                let ended = model.strategy.walk(&measured, race);
                let known =
                    scenarios.iter().any(|scenario: &Scenario| scenario.library == *library && scenario.ended == ended);
                if !known {
                    scenarios.push(Scenario { library: *library, measured: measured.clone(), ended });
                }
            }
        }
        let prediction = messages::prediction(&model, &scenarios, cure::cure(&model, &scenarios));
        Self { model, scenarios, prediction }
    }
}
