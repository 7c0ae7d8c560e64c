//! Azure's public regions (Learn: reliability/regions-list, edited 2026-07-28).

/// An Azure region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// `westeurope`.
    pub name: &'static str,
    /// `West Europe`.
    pub display_name: &'static str,
    /// Whether it has availability zones (then three, `1` to `3`).
    pub zones: bool,
    /// The paired region's name. Some pairs lead one way only.
    pub pair: Option<&'static str>,
}

const fn zonal(name: &'static str, display_name: &'static str, pair: &'static str) -> Region {
    Region {
        name,
        display_name,
        zones: true,
        pair: Some(pair),
    }
}

const fn zonal_alone(name: &'static str, display_name: &'static str) -> Region {
    Region {
        name,
        display_name,
        zones: true,
        pair: None,
    }
}

const fn plain(name: &'static str, display_name: &'static str, pair: &'static str) -> Region {
    Region {
        name,
        display_name,
        zones: false,
        pair: Some(pair),
    }
}

const REGIONS: &[Region] = &[
    plain("australiacentral", "Australia Central", "australiacentral2"),
    zonal("australiaeast", "Australia East", "australiasoutheast"),
    plain("australiasoutheast", "Australia Southeast", "australiaeast"),
    zonal_alone("austriaeast", "Austria East"),
    zonal_alone("belgiumcentral", "Belgium Central"),
    zonal("brazilsouth", "Brazil South", "southcentralus"),
    plain("brazilsoutheast", "Brazil Southeast", "brazilsouth"),
    zonal("canadacentral", "Canada Central", "canadaeast"),
    plain("canadaeast", "Canada East", "canadacentral"),
    zonal("centralindia", "Central India", "southindia"),
    zonal("centralus", "Central US", "eastus2"),
    zonal_alone("chilecentral", "Chile Central"),
    zonal_alone("denmarkeast", "Denmark East"),
    zonal("eastasia", "East Asia", "southeastasia"),
    zonal("eastus", "East US", "westus"),
    zonal("eastus2", "East US 2", "centralus"),
    zonal("francecentral", "France Central", "francesouth"),
    plain("francesouth", "France South", "francecentral"),
    zonal("germanywestcentral", "Germany West Central", "germanynorth"),
    plain("germanynorth", "Germany North", "germanywestcentral"),
    zonal("indiasouthcentral", "India South Central", "centralindia"),
    zonal_alone("indonesiacentral", "Indonesia Central"),
    zonal_alone("israelcentral", "Israel Central"),
    zonal_alone("italynorth", "Italy North"),
    zonal("japaneast", "Japan East", "japanwest"),
    zonal("japanwest", "Japan West", "japaneast"),
    zonal("koreacentral", "Korea Central", "koreasouth"),
    plain("koreasouth", "Korea South", "koreacentral"),
    zonal_alone("malaysiawest", "Malaysia West"),
    zonal_alone("mexicocentral", "Mexico Central"),
    zonal_alone("newzealandnorth", "New Zealand North"),
    plain("northcentralus", "North Central US", "southcentralus"),
    zonal("northeurope", "North Europe", "westeurope"),
    zonal("norwayeast", "Norway East", "norwaywest"),
    plain("norwaywest", "Norway West", "norwayeast"),
    zonal_alone("polandcentral", "Poland Central"),
    zonal_alone("qatarcentral", "Qatar Central"),
    zonal("southafricanorth", "South Africa North", "southafricawest"),
    plain("southafricawest", "South Africa West", "southafricanorth"),
    zonal("southcentralus", "South Central US", "northcentralus"),
    plain("southindia", "South India", "centralindia"),
    zonal("southeastasia", "Southeast Asia", "eastasia"),
    zonal_alone("spaincentral", "Spain Central"),
    zonal("swedencentral", "Sweden Central", "swedensouth"),
    zonal("switzerlandnorth", "Switzerland North", "switzerlandwest"),
    plain("switzerlandwest", "Switzerland West", "switzerlandnorth"),
    zonal("uaenorth", "UAE North", "uaecentral"),
    plain("uaecentral", "UAE Central", "uaenorth"),
    zonal("uksouth", "UK South", "ukwest"),
    plain("ukwest", "UK West", "uksouth"),
    plain("westcentralus", "West Central US", "westus2"),
    zonal("westeurope", "West Europe", "northeurope"),
    plain("westindia", "West India", "southindia"),
    plain("westus", "West US", "eastus"),
    zonal("westus2", "West US 2", "westcentralus"),
    zonal("westus3", "West US 3", "eastus"),
];

/// Every public region that the simulator knows.
#[must_use]
pub fn regions() -> &'static [Region] {
    REGIONS
}

/// The region called `name`, with spaces and case ignored as ARM does (`West Europe` is `westeurope`).
#[must_use]
pub fn region(name: &str) -> Option<&'static Region> {
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    REGIONS.iter().find(|region| region.name.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_found_by_either_name() {
        assert_eq!(region("West Europe").map(|region| region.name), Some("westeurope"));
        assert_eq!(
            region("WESTEUROPE").map(|region| region.display_name),
            Some("West Europe")
        );
        assert_eq!(region("mars"), None);
    }

    #[test]
    fn names_are_unique_and_match_their_display_names() {
        for (index, region) in REGIONS.iter().enumerate() {
            let squeezed = region.display_name.replace(' ', "").to_lowercase();
            assert_eq!(region.name, squeezed);
            assert!(!REGIONS[..index].iter().any(|other| other.name == region.name));
        }
    }
}
