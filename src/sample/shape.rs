//! An invented patient as FHIR: the same facts in a Danish, an international, or the project's own shape.

use super::Shape;
use super::story::{Fact, Says, Story};
use crate::inputs::{Day, Input};
use crate::map::Mappings;
use crate::map::file::{CodesIn, ResourceKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OWN: &str = "https://plasmabridge.org/fhir/CodeSystem/input";
const UCUM: &str = "http://unitsofmeasure.org";

/// The tag of everything invented.
pub const TAG_SYSTEM: &str = "https://plasmabridge.org/fhir/CodeSystem/tag";
/// Its code.
pub const TAG_CODE: &str = "invented";

/// A laboratory's limits, in hundredths.
type Limits = Option<(i32, i32)>;

/// The laboratory tests: unit as text and as UCUM, and the laboratory's limits in hundredths.
const TESTS: [(Input, &str, &str, Limits); 23] = [
    (Input::Haemoglobin, "mmol/L", "mmol/L", Some((730, 950))),
    (Input::CalciumIonised, "mmol/L", "mmol/L", Some((118, 132))),
    (Input::Creatinine, "µmol/L", "umol/L", Some((4500, 10_500))),
    (Input::CreatinineClearance, "mL/min", "mL/min/{1.73_m2}", None),
    (Input::Mcv, "fL", "fL", Some((8200, 9800))),
    (Input::Leukocytes, "10^9/L", "10*9/L", Some((350, 880))),
    (Input::Platelets, "10^9/L", "10*9/L", Some((14_500, 39_000))),
    (Input::Urea, "mmol/L", "mmol/L", Some((260, 640))),
    (Input::Urate, "µmol/L", "umol/L", Some((15_500, 48_000))),
    (Input::Sodium, "mmol/L", "mmol/L", Some((13_700, 14_400))),
    (Input::Potassium, "mmol/L", "mmol/L", Some((350, 440))),
    (Input::Albumin, "g/L", "g/L", Some((3600, 4800))),
    (Input::Ldh, "U/L", "U/L", Some((10_500, 20_500))),
    (Input::Beta2Microglobulin, "nmol/L", "nmol/L", None),
    (Input::Crp, "mg/L", "mg/L", None),
    (Input::Iga, "g/L", "g/L", Some((70, 430))),
    (Input::Igg, "g/L", "g/L", Some((610, 1570))),
    (Input::Igm, "g/L", "g/L", Some((40, 230))),
    (Input::SerumFlcKappa, "mg/L", "mg/L", Some((330, 1940))),
    (Input::SerumFlcLambda, "mg/L", "mg/L", Some((571, 2630))),
    (Input::SerumMProtein, "g/L", "g/L", None),
    (Input::UrineMProtein, "g/d", "g/d", None),
    (Input::TumourLargestDimension, "cm", "cm", None),
];

/// Writes stories in a shape, with the codes of the mapping files.
#[derive(Debug)]
pub struct Writer {
    /// Code and display of each laboratory test by system (`npu`, `loinc`), with the system's URI.
    codes: BTreeMap<(Input, String), (String, String, String)>,
    seed: u64,
}

impl Writer {
    /// With the codes of these mapping files.
    pub fn new(mappings: &Mappings, seed: u64) -> Writer {
        let mut codes = BTreeMap::new();
        for listed in mappings.listed_codes() {
            let is_test = TESTS.iter().any(|(input, ..)| *input == listed.input);
            if is_test && listed.resource == ResourceKind::Observation && listed.codes_in == CodesIn::Code {
                codes.entry((listed.input, listed.system)).or_insert((listed.uri, listed.code, listed.display));
            }
        }
        Writer { codes, seed }
    }

    /// The patient as a collection Bundle.
    pub fn bundle(&self, story: &Story, shape: Shape) -> Value {
        let id = format!("invented-{}-{}", self.seed, story.number);
        let page = Page { writer: self, id, shape };
        let mut resources = vec![page.patient(story), page.diagnosis(story)];
        resources.extend(story.myeloma.map(|on| page.myeloma(on)));
        for (number, fact) in story.facts.iter().enumerate() {
            resources.push(page.observation(number + 1, fact));
        }
        for (number, scan) in story.scans.iter().enumerate() {
            resources.push(page.scan(number + 1, *scan));
        }
        resources.extend(story.radiotherapy.map(|course| page.radiotherapy(course, story)));
        let entries: Vec<Value> = resources.into_iter().map(|resource| json!({ "resource": resource })).collect();
        json!({ "resourceType": "Bundle", "type": "collection", "meta": tag(), "entry": entries })
    }
}

/// One patient being written.
struct Page<'w> {
    writer: &'w Writer,
    id: String,
    shape: Shape,
}

fn tag() -> Value {
    json!({ "tag": [{ "system": TAG_SYSTEM, "code": TAG_CODE, "display": "Invented, not a person" }] })
}

fn concept(system: &str, code: &str, display: &str) -> Value {
    match display.is_empty() {
        true => json!({ "coding": [{ "system": system, "code": code }] }),
        false => json!({ "coding": [{ "system": system, "code": code, "display": display }] }),
    }
}

/// Hundredths as a decimal without zeros at its end.
fn decimal(hundredths: i32) -> Value {
    let text = match (hundredths / 100, hundredths % 100) {
        (whole, 0) => whole.to_string(),
        (whole, rest) if rest % 10 == 0 => format!("{whole}.{}", rest / 10),
        (whole, rest) => format!("{whole}.{rest:02}"),
    };
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

impl Page<'_> {
    fn subject(&self) -> Value {
        json!({ "reference": format!("Patient/{}", self.id) })
    }

    fn patient(&self, story: &Story) -> Value {
        json!({
            "resourceType": "Patient",
            "id": self.id,
            "meta": tag(),
            "active": true,
            "name": [{ "use": "official", "family": "Opdigtet", "given": [format!("Person {}", story.number)] }],
            "gender": if story.male { "male" } else { "female" },
            "birthDate": story.born.to_string(),
        })
    }

    fn condition(&self, id: &str, code: Value, on: Day) -> Value {
        let status =
            |name: &str, code: &str| concept(&format!("http://terminology.hl7.org/CodeSystem/{name}"), code, "");
        json!({
            "resourceType": "Condition",
            "id": format!("{}-{id}", self.id),
            "meta": tag(),
            "clinicalStatus": status("condition-clinical", "active"),
            "verificationStatus": status("condition-ver-status", "confirmed"),
            "category": [status("condition-category", "encounter-diagnosis")],
            "code": code,
            "subject": self.subject(),
            "recordedDate": on.to_string(),
        })
    }

    fn diagnosis(&self, story: &Story) -> Value {
        let code = match (self.shape, story.in_bone) {
            (Shape::Danish, true) => concept("urn:oid:1.2.208.176.2.4.12", "DC903", ""),
            (Shape::Danish, false) => concept("urn:oid:1.2.208.176.2.4.12", "DC902", ""),
            (_, true) => concept("http://snomed.info/sct", "426336007", ""),
            (_, false) => concept("http://snomed.info/sct", "188718006", ""),
        };
        self.condition("diagnosis", code, story.diagnosed)
    }

    fn myeloma(&self, on: Day) -> Value {
        let code = match self.shape {
            Shape::Danish => concept("urn:oid:1.2.208.176.2.4.12", "DC900", ""),
            Shape::International | Shape::Own | Shape::Mixed => concept("http://snomed.info/sct", "109989006", ""),
        };
        self.condition("myeloma", code, on)
    }

    fn observation(&self, number: usize, fact: &Fact) -> Value {
        let test = TESTS.iter().find(|(input, ..)| *input == fact.input);
        let system = match self.shape {
            Shape::Danish => Some("npu"),
            Shape::International => Some("loinc"),
            Shape::Own | Shape::Mixed => None,
        };
        let code = system
            .and_then(|system| self.writer.codes.get(&(fact.input, system.to_owned())))
            .filter(|_| test.is_some());
        let mut resource = json!({
            "resourceType": "Observation",
            "id": format!("{}-{number}", self.id),
            "meta": tag(),
            "status": "final",
            "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category",
                if code.is_some() { "laboratory" } else { "exam" }, "")],
            "code": match code {
                Some((uri, code, display)) => concept(uri, code, display),
                None => concept(OWN, fact.input.word(), ""),
            },
            "subject": self.subject(),
            "effectiveDateTime": fact.on.to_string(),
        });
        let Some(fields) = resource.as_object_mut() else { return resource };
        match &fact.says {
            Says::Hundredths(hundredths) => {
                let (text, ucum, limits) =
                    test.map_or(("%", "%", None), |(_, text, ucum, limits)| (*text, *ucum, *limits));
                let quantity = |hundredths: i32| match self.shape {
                    // MedCom's style: the unit as text alone.
                    Shape::Danish => json!({ "value": decimal(hundredths), "unit": text }),
                    _ => json!({ "value": decimal(hundredths), "unit": ucum, "system": UCUM, "code": ucum }),
                };
                fields.insert("valueQuantity".to_owned(), quantity(*hundredths));
                if let Some((low, high)) = limits {
                    let range = json!([{ "low": quantity(low), "high": quantity(high) }]);
                    fields.insert("referenceRange".to_owned(), range);
                }
            }
            Says::Count(count) => drop(fields.insert("valueInteger".to_owned(), json!(count))),
            Says::Bool(value) => drop(fields.insert("valueBoolean".to_owned(), json!(value))),
            Says::Word(word) => drop(fields.insert("valueCodeableConcept".to_owned(), concept(OWN, word, ""))),
            Says::Done => drop(fields.insert("valueBoolean".to_owned(), json!(true))),
        }
        resource
    }

    fn scan(&self, number: usize, on: Day) -> Value {
        json!({
            "resourceType": "DiagnosticReport",
            "id": format!("{}-scan-{number}", self.id),
            "meta": tag(),
            "status": "final",
            "category": [concept("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", "")],
            "code": concept("http://loinc.org", "46358-8", ""),
            "subject": self.subject(),
            "effectiveDateTime": on.to_string(),
        })
    }

    fn radiotherapy(&self, (start, end, gray, fractions): (Day, Day, u32, u32), story: &Story) -> Value {
        let part = |name: &str, value: Value| {
            let mut part = json!({ "code": concept(OWN, name, "") });
            if let (Some(part), Some(value)) = (part.as_object_mut(), value.as_object()) {
                part.extend(value.clone());
            }
            part
        };
        let gray = json!({ "valueQuantity": { "value": gray, "unit": "Gy", "system": UCUM, "code": "Gy" } });
        json!({
            "resourceType": "Observation",
            "id": format!("{}-radiotherapy", self.id),
            "meta": tag(),
            "status": "final",
            "code": concept(OWN, "radiotherapy", ""),
            "subject": self.subject(),
            "effectivePeriod": { "start": start.to_string(), "end": end.to_string() },
            "component": [
                part("dose_gy", gray),
                part("fractions", json!({ "valueInteger": fractions })),
                part("intent", json!({ "valueCodeableConcept": concept(OWN, "curative", "") })),
                part("site", json!({ "valueCodeableConcept": concept(OWN, story.site.word(), "") })),
            ],
        })
    }
}
