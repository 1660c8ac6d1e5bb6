//! An invented patient as facts, before any shape of FHIR: what was found when.

use super::Course;
use super::random::Random;
use crate::inputs::words::Site;
use crate::inputs::{Day, Input};

/// An invented patient.
#[derive(Clone, Debug)]
pub struct Story {
    /// The number in the sample, from 1.
    pub number: u64,
    /// Whether the patient is a man: 0.2 against 0.1 of 100,000 (guideline, introduction, ref. 3).
    pub male: bool,
    /// The day of birth: half are 60 or older at diagnosis (introduction, ref. 1).
    pub born: Day,
    /// Bone in 70 of 100 (introduction).
    pub in_bone: bool,
    /// Where.
    pub site: Site,
    /// The day of the code.
    pub diagnosed: Day,
    /// What was found.
    pub facts: Vec<Fact>,
    /// The imaging examinations.
    pub scans: Vec<Day>,
    /// The radiotherapy: first and last day, Gy, fractions.
    pub radiotherapy: Option<(Day, Day, u32, u32)>,
    /// A multiple myeloma, and the day of its code.
    pub myeloma: Option<Day>,
}

/// Something found of an input on a day.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The input.
    pub input: Input,
    /// The day.
    pub on: Day,
    /// What.
    pub says: Says,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum Says {
    /// A number in hundredths, in the unit of the sample's table of laboratory tests, or of the input.
    Hundredths(i32),
    /// A whole number.
    Count(i32),
    /// Yes or no.
    Bool(bool),
    /// A word of the input.
    Word(&'static str),
    /// That it was done.
    Done,
}

const BONES: [Site; 7] =
    [Site::Vertebra, Site::Vertebra, Site::Vertebra, Site::Pelvis, Site::Rib, Site::Femur, Site::Skull];

/// Blood tests of the work-up with a middle and a spread, in hundredths of the unit of [`super::shape`].
const BLOODS: [(Input, i32, i32); 20] = [
    (Input::Haemoglobin, 850, 110),
    (Input::CalciumIonised, 124, 6),
    (Input::Creatinine, 7600, 2200),
    (Input::CreatinineClearance, 8200, 1500),
    (Input::Mcv, 9100, 500),
    (Input::Leukocytes, 640, 200),
    (Input::Platelets, 24_500, 7000),
    (Input::Urea, 540, 150),
    (Input::Urate, 31_000, 8000),
    (Input::Sodium, 14_000, 300),
    (Input::Potassium, 400, 40),
    (Input::Albumin, 4000, 400),
    (Input::Ldh, 18_000, 3500),
    (Input::Beta2Microglobulin, 19_000, 4000),
    (Input::Crp, 300, 250),
    (Input::Iga, 190, 90),
    (Input::Igg, 1100, 300),
    (Input::Igm, 90, 50),
    (Input::SerumFlcKappa, 1500, 600),
    (Input::SerumFlcLambda, 1300, 500),
];

/// Some of the blood tests of a visit (text under R16).
const VISIT: [Input; 4] = [Input::SerumMProtein, Input::Haemoglobin, Input::Creatinine, Input::CalciumIonised];

impl Story {
    /// The patient of this number, as of a day.
    pub fn new(seed: u64, number: u64, course: Course, as_of: Day) -> Story {
        let mut random = Random::new(seed, number);
        let course = match course {
            Course::Mixed => {
                let courses =
                    [Course::Untreated, Course::Untreated, Course::Treated, Course::Relapsed, Course::Myeloma];
                random.one_of(&courses).unwrap_or(Course::Treated)
            }
            course => course,
        };
        let treated = !matches!(course, Course::Untreated | Course::Mixed);
        let diagnosed = as_of.plus_days(if treated { -random.between(200, 2200) } else { -random.between(5, 60) });
        let in_bone = random.percent(70);
        // Four of five outside bone are in the head and neck (introduction).
        let soft = if random.percent(80) { Site::HeadNeck } else { Site::Gastrointestinal };
        let site = if in_bone { random.one_of(&BONES).unwrap_or(Site::Vertebra) } else { soft };
        let age = random.around(60, 35).clamp(30, 90);
        let mut story = Story {
            number,
            male: random.percent(67),
            born: diagnosed.plus_months(-12 * age).plus_days(-random.between(0, 364)),
            in_bone,
            site,
            diagnosed,
            facts: Vec::with_capacity(48),
            scans: Vec::new(),
            radiotherapy: None,
            myeloma: None,
        };
        let m_protein = random.percent(50);
        story.work_up(&mut random, m_protein);
        if treated {
            story.treat(&mut random, as_of);
        }
        match course {
            Course::Relapsed => story.relapse(&mut random, as_of),
            Course::Myeloma => story.turn_to_myeloma(&mut random, as_of),
            Course::Mixed | Course::Untreated | Course::Treated => {}
        }
        story
    }

    fn find(&mut self, input: Input, on: Day, says: Says) {
        self.facts.push(Fact { input, on, says });
    }

    fn work_up(&mut self, random: &mut Random, m_protein: bool) {
        let on = |random: &mut Random| -random.between(0, 14);
        let scan = self.diagnosed.plus_days(on(random));
        self.scans.push(scan);
        self.find(Input::TumourSite, scan, Says::Word(self.site.word()));
        self.find(Input::TumourLargestDimension, scan, Says::Hundredths(random.around(45, 30).max(10) * 10));
        self.find(Input::LesionCount, scan, Says::Count(1));
        self.find(Input::MriFocalLesionCount, scan, Says::Count(i32::from(self.in_bone)));
        self.find(Input::MriMarrowSignalAbnormal, scan, Says::Bool(false));
        let biopsy = self.diagnosed.plus_days(on(random));
        self.find(Input::TumourBiopsyClonalPlasmaCells, biopsy, Says::Bool(true));
        let marrow = self.diagnosed.plus_days(on(random));
        // Minimal involvement of the marrow, in a third.
        let percent = if random.percent(33) { random.between(1, 9) } else { 0 };
        self.find(Input::MarrowAspirate, marrow, Says::Done);
        self.find(Input::MarrowBiopsy, marrow, Says::Done);
        self.find(Input::MarrowClonalPlasmaCellPercent, marrow, Says::Hundredths(percent * 100));
        self.find(Input::MarrowFlowClonalPlasmaCells, marrow, Says::Bool(percent > 0));
        let bloods = self.diagnosed.plus_days(on(random));
        for (input, middle, spread) in BLOODS {
            self.find(input, bloods, Says::Hundredths(random.around(middle, spread)));
        }
        let grams = if m_protein { random.between(300, 2000) } else { 0 };
        self.find(Input::SerumMProtein, bloods, Says::Hundredths(grams));
        self.find(Input::UrineMProtein, bloods, Says::Hundredths(random.between(0, 12)));
    }

    /// 40 Gy in 20 fractions, or 50 in 25, and the scan 3 to 4 months after it; then visits and yearly scans.
    fn treat(&mut self, random: &mut Random, as_of: Day) {
        let start = self.diagnosed.plus_days(random.between(20, 45));
        let large = random.percent(35);
        let (gray, fractions) = if large || !self.in_bone { (50, 25) } else { (40, 20) };
        let end = start.plus_days(i32::try_from(fractions).unwrap_or(0) * 7 / 5);
        self.radiotherapy = Some((start, end, gray, fractions));
        let response = end.plus_months(3).plus_days(random.between(0, 25));
        if response <= as_of {
            self.scans.push(response);
            let said = if random.percent(70) { "complete" } else { "partial" };
            self.find(Input::Response, response, Says::Word(said));
            self.find(Input::NewLesionCount, response, Says::Count(0));
        }
        let visit = end.plus_months(random.between(5, 12));
        if visit <= as_of {
            for input in VISIT {
                let (_, middle, spread) =
                    BLOODS.into_iter().find(|(other, ..)| *other == input).unwrap_or((input, 100, 100));
                self.find(input, visit, Says::Hundredths(random.around(middle, spread).max(0)));
            }
        }
    }

    fn relapse(&mut self, random: &mut Random, as_of: Day) {
        let on = as_of.plus_days(-random.between(3, 40));
        let said = random.one_of(&["suspected", "local", "new_site"]).unwrap_or("suspected");
        self.find(Input::Relapse, on, Says::Word(said));
    }

    /// About half of those in bone and a third of the others within 10 years (introduction, ref. 4).
    fn turn_to_myeloma(&mut self, random: &mut Random, as_of: Day) {
        let on = as_of.plus_days(-random.between(3, 90));
        self.myeloma = Some(on);
        self.find(Input::BonePain, on, Says::Bool(random.percent(50)));
    }
}
