//! The mapping files of a folder, or those that the program carries, made into mappings or into a list of problems.

use super::codes::{Answer, CodeId, Codes, MissId, RuleId, Sex};
use super::file::{self, Code, Trust};
use super::input_table;
use super::problem::{Problem, SourceFile, suggestion};
use super::profiles::Profiles;
use super::read;
use super::rule::{InputSettings, Miss, Rule};
use super::units::Units;
use super::{Mappings, sharing};
use crate::bounds::{Bound, Bounds};
use crate::digest::hexadecimal;
use crate::inputs::Input;
use crate::inputs::words::Site;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use toml::Spanned;

/// The mapping files that the program carries.
pub(super) static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/mappings");

const SYSTEMS: &str = "systems.toml";
const UNITS: &str = "units.toml";
const VALUES: &str = "values.toml";
const SITES: &str = "sites.toml";

/// The mappings while they are being read, and what was wrong so far.
pub(super) struct Loading {
    pub codes: Codes,
    pub units: Units,
    pub rules: Vec<Rule>,
    pub profiles: Profiles,
    pub misses: Vec<Miss>,
    pub settings: Vec<InputSettings>,
    pub problems: Vec<Problem>,
    /// Where each rule stands: the file's place in the list, and the span of its table.
    pub places: Vec<(usize, std::ops::Range<usize>)>,
    /// The codes of each rule with their places.
    pub code_places: Vec<Vec<(CodeId, std::ops::Range<usize>)>>,
    /// Where each input's table stands.
    pub tables: Vec<Option<(usize, std::ops::Range<usize>)>>,
    /// The words of examination parts by input, in order of appearance.
    pub parts: Vec<(Input, String, Vec<String>)>,
}

impl Mappings {
    /// The mappings that the program carries.
    ///
    /// # Errors
    /// A list of what is wrong with them; a test holds that there is none.
    pub fn embedded() -> Result<Mappings, Vec<Problem>> {
        let mut files: Vec<SourceFile> = EMBEDDED
            .files()
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "toml"))
            .map(|file| {
                let name = format!("mappings/{}", file.path().display());
                SourceFile::new(name, file.contents_utf8().unwrap_or_default())
            })
            .collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Mappings::of_files(&files)
    }

    /// The mappings of a folder, of whose files so much is read.
    ///
    /// # Errors
    /// Everything that is wrong with its files.
    pub fn load(folder: &Path, bounds: &Bounds) -> Result<Mappings, Vec<Problem>> {
        let shown = folder.display().to_string();
        let general = |message: String| vec![Problem::general(&shown, message)];
        let entries = std::fs::read_dir(folder)
            .map_err(|error| general(format!("the folder of mapping files cannot be read: {error}")))?;
        let mut files = Vec::new();
        let mut left = bounds.most(Bound::Mappings);
        for entry in entries {
            let path = entry.map_err(|error| general(format!("the folder cannot be listed: {error}")))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let unreadable = |why: &dyn std::fmt::Display| {
                    vec![Problem::general(path.display().to_string(), format!("the file cannot be read: {why}"))]
                };
                let mut text = Vec::new();
                let read = File::open(&path).and_then(|file| file.take(left.saturating_add(1)).read_to_end(&mut text));
                read.map_err(|error| unreadable(&error))?;
                left = left.checked_sub(text.len() as u64).ok_or_else(|| {
                    let help = format!("if they should be, say `--limit {}=…`", Bound::Mappings.entry().key);
                    vec![Problem::general(&shown, bounds.exceeded(Bound::Mappings).to_string()).with_help(help)]
                })?;
                let text = String::from_utf8(text).map_err(|_| unreadable(&"it is not UTF-8"))?;
                files.push(SourceFile::new(path.display().to_string(), text));
            }
        }
        if files.is_empty() {
            return Err(general("there is no mapping file (`*.toml`) in this folder".to_owned()));
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Mappings::of_files(&files)
    }

    /// The mappings of these files, which are told apart by the last part of their name.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn of_files(files: &[SourceFile]) -> Result<Mappings, Vec<Problem>> {
        let mut loading = Loading::new();
        let named = |wanted: &str| files.iter().find(|file| last_part(&file.name) == wanted);
        for wanted in [SYSTEMS, UNITS, VALUES, SITES] {
            if named(wanted).is_none() {
                let folder = files.first().map_or("", |file| file.name.as_str());
                let folder = folder.strip_suffix(last_part(folder)).unwrap_or(folder);
                loading.problems.push(Problem::general(format!("{folder}{wanted}"), "the file is not there"));
            }
        }
        if let Some(file) = named(SYSTEMS) {
            loading.systems(file);
        }
        if let Some(table) = named(UNITS).and_then(|file| Some((file, read::whole(file, &mut loading.problems)?))) {
            loading.units = Units::read(table.0, &table.1, &mut loading.problems);
        }
        if let Some(file) = named(VALUES) {
            loading.values(file);
        }
        if let Some(file) = named(SITES) {
            loading.sites(file);
        }
        let special = [SYSTEMS, UNITS, VALUES, SITES];
        for (place, file) in files.iter().enumerate().filter(|(_, file)| !special.contains(&last_part(&file.name))) {
            for (name, table) in read::tables(file, &mut loading.problems) {
                input_table::read(&mut loading, file, place, &name, &table);
            }
        }
        loading.check_that_every_input_is_fed(files);
        loading.number_parts();
        loading.check_that_all_can_be_numbered(files);
        sharing::check(&mut loading, files);
        loading.finish(digest(files))
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

impl Loading {
    fn new() -> Loading {
        Loading {
            codes: Codes::default(),
            units: Units::default(),
            rules: Vec::new(),
            profiles: Profiles::default(),
            misses: Vec::new(),
            settings: vec![InputSettings::default(); Input::COUNT],
            problems: Vec::new(),
            places: Vec::new(),
            code_places: Vec::new(),
            tables: vec![None; Input::COUNT],
            parts: Vec::new(),
        }
    }

    fn systems(&mut self, source: &SourceFile) {
        for (short, table) in read::tables::<file::System>(source, &mut self.problems) {
            let id = self.codes.add_system(short.get_ref(), table.spelling);
            if table.uris.is_empty() {
                let message = format!("the system `{}` has no URI", short.get_ref());
                self.problems.push(source.problem(short.span(), message, "no code of a record can be in it"));
            }
            for uri in &table.uris {
                if let Some(other) = self.codes.add_uri(uri.get_ref(), id) {
                    let message = format!(
                        "`{}` means two systems, `{}` and `{}`",
                        uri.get_ref(),
                        self.codes.short_name(other),
                        short.get_ref()
                    );
                    self.problems.push(source.problem(uri.span(), message, "the second"));
                }
            }
        }
    }

    fn values(&mut self, source: &SourceFile) {
        let Some(table) = read::whole::<file::Values>(source, &mut self.problems) else { return };
        let answers = [(Answer::Yes, &table.yes), (Answer::No, &table.no), (Answer::Unclear, &table.unclear)];
        for (answer, codes) in answers {
            for code in codes {
                let Some(id) = self.code(source, code) else { continue };
                let Some(known) = self.codes.get_mut(id) else { continue };
                if known.answer.is_some_and(|earlier| earlier != answer) {
                    let message = format!("`{}` has two answers", code.get_ref().code.get_ref());
                    self.problems.push(source.problem(code.span(), message, "the second"));
                    continue;
                }
                known.answer = Some(answer);
            }
        }
        for (sex, codes) in [(Sex::Male, &table.male), (Sex::Female, &table.female)] {
            for code in codes {
                let Some(id) = self.code(source, code) else { continue };
                let Some(known) = self.codes.get_mut(id) else { continue };
                if known.sex.is_some_and(|earlier| earlier != sex) {
                    let message = format!("`{}` stands for both sexes", code.get_ref().code.get_ref());
                    self.problems.push(source.problem(code.span(), message, "the second"));
                    continue;
                }
                known.sex = Some(sex);
            }
        }
    }

    fn sites(&mut self, source: &SourceFile) {
        for (word, table) in read::tables::<file::SiteTable>(source, &mut self.problems) {
            let Some(site) = Site::of(word.get_ref()) else {
                let message = format!("`{}` is not a place of the decision specification", word.get_ref());
                let words = Site::ALL.iter().map(|site| site.word());
                let problem = source.problem(word.span(), message, "this place");
                self.problems.push(problem.with_help(suggestion(word.get_ref(), words)));
                continue;
            };
            for code in &table.codes {
                let Some(id) = self.code(source, code) else { continue };
                let Some(known) = self.codes.get_mut(id) else { continue };
                if let Some(earlier) = known.site.filter(|earlier| *earlier != site) {
                    let message =
                        format!("`{}` stands for two places, `{earlier}` and `{site}`", code.get_ref().code.get_ref());
                    self.problems.push(source.problem(code.span(), message, "the second"));
                    continue;
                }
                known.site = Some(site);
            }
        }
    }

    /// A code of a file, if it holds: a known system, a display, a trust that may be shipped.
    pub fn code(&mut self, source: &SourceFile, code: &Spanned<Code>) -> Option<CodeId> {
        let table = code.get_ref();
        let written = table.code.get_ref();
        if written.trim().is_empty() {
            self.problems.push(source.problem(table.code.span(), "a code without a code", "empty"));
            return None;
        }
        if table.display.get_ref().trim().is_empty() {
            let message = format!("the code `{written}` has no display");
            let help = "write what its system calls it, so that a reader can check it";
            self.problems.push(source.problem(table.display.span(), message, "empty").with_help(help));
            return None;
        }
        let trust = self.trust(source, table)?;
        let Some(system) = self.codes.system(table.system.get_ref()) else {
            let message = format!("unknown system `{}`", table.system.get_ref());
            let help = suggestion(table.system.get_ref(), self.codes.system_names());
            let problem = source.problem(table.system.span(), message, "not in systems.toml");
            self.problems.push(problem.with_help(help));
            return None;
        };
        let id = self.codes.intern(system, written, table.display.get_ref(), trust);
        let known = self.codes.get(id)?;
        if *known.display != **table.display.get_ref() {
            let message =
                format!("`{written}` has two displays, `{}` and `{}`", known.display, table.display.get_ref());
            self.problems.push(source.problem(table.display.span(), message, "the second"));
        }
        Some(id)
    }

    fn trust(&mut self, source: &SourceFile, code: &Code) -> Option<Trust> {
        match code.trust.get_ref().as_str() {
            "A" => Some(Trust::A),
            "B" => Some(Trust::B),
            "local" => Some(Trust::Local),
            other => {
                let message = format!("the code `{}` has trust `{other}`", code.code.get_ref());
                let help = if other == "U" {
                    "a code from memory or by rule is never used: find a source that shows code and display together"
                } else {
                    "`A` is official, `B` a weaker place, `local` your own code"
                };
                self.problems.push(source.problem(code.trust.span(), message, "not a trust").with_help(help));
                None
            }
        }
    }

    /// Adds a rule with its codes.
    pub fn add_rule(
        &mut self,
        rule: Rule,
        place: (usize, std::ops::Range<usize>),
        codes: Vec<(CodeId, std::ops::Range<usize>)>,
    ) -> RuleId {
        let id = RuleId(u16::try_from(self.rules.len()).unwrap_or(u16::MAX));
        if let Some(settings) = self.settings.get_mut(rule.input as usize) {
            settings.rules.push(id);
        }
        for (code, _) in &codes {
            if let Some(known) = self.codes.get_mut(*code) {
                known.rules.push((rule.resource, id));
            }
        }
        self.rules.push(rule);
        self.places.push(place);
        self.code_places.push(codes);
        id
    }

    /// Adds a group of near misses.
    pub fn add_miss(&mut self, miss: Miss, codes: &[CodeId]) -> MissId {
        let id = MissId(u16::try_from(self.misses.len()).unwrap_or(u16::MAX));
        for code in codes {
            if let Some(known) = self.codes.get_mut(*code) {
                known.misses.push(id);
            }
        }
        self.misses.push(miss);
        id
    }

    fn check_that_every_input_is_fed(&mut self, files: &[SourceFile]) {
        if !self.problems.is_empty() {
            // A table that could not be read would be reported as missing too.
            return;
        }
        let folder = files.first().map_or("", |file| file.name.as_str());
        let folder = folder.strip_suffix(last_part(folder)).unwrap_or(folder).trim_end_matches('/').to_owned();
        let tumour_site = self.rules.iter().any(|rule| rule.feeds_tumour_site);
        for input in Input::ALL {
            let fed = self.tables.get(*input as usize).is_some_and(Option::is_some)
                || (*input == Input::TumourSite && tumour_site);
            if !fed {
                let problem = Problem::general(&folder, format!("no mapping feeds the input `{input}`"));
                let help = format!("add a table `[{input}]` with a `from`, or with `own_code_only` and the reason");
                self.problems.push(problem.with_help(help));
            }
        }
    }

    /// Systems have numbers of one byte, codes and what they start have two: no more of them can be told apart.
    fn check_that_all_can_be_numbered(&mut self, files: &[SourceFile]) {
        let (systems, numbers) = (usize::from(u8::MAX), usize::from(u16::MAX));
        let counted = [
            ("systems", self.codes.system_names().count(), systems),
            ("codes", self.codes.all().count(), numbers),
            ("units", self.units.count(), numbers),
            ("ways to read an input", self.rules.len(), numbers),
            ("near misses", self.misses.len(), numbers),
        ];
        let file = files.first().map_or("", |file| file.name.as_str());
        for (what, count, most) in counted.into_iter().filter(|(_, count, most)| count > most) {
            let message = format!("there are {count} {what}, and no more than {most} can be told apart");
            self.problems.push(Problem::general(file, message));
        }
    }

    /// Gives each part of an examination its bit, now that all of them are known.
    fn number_parts(&mut self) {
        for rule in &mut self.rules {
            let Some(part) = &mut rule.part else { continue };
            let words = self.parts.get(usize::from(part.group)).map_or(0, |(_, _, words)| words.len());
            part.all = u8::try_from((1u32 << words.min(8)) - 1).unwrap_or(u8::MAX);
        }
    }

    fn finish(mut self, digest: String) -> Result<Mappings, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        input_table::own_factors(&mut self);
        Ok(Mappings {
            codes: self.codes,
            profiles: self.profiles,
            units: self.units,
            rules: self.rules,
            misses: self.misses,
            settings: self.settings,
            digest,
        })
    }
}

/// SHA-256 of the files' names and texts, in the order of the names.
fn digest(files: &[SourceFile]) -> String {
    let mut parts: Vec<(&str, &str)> = files.iter().map(|file| (last_part(&file.name), file.text.as_str())).collect();
    parts.sort_unstable();
    let mut hash = Sha256::new();
    for (name, text) in parts {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    hexadecimal(&hash.finalize())
}
