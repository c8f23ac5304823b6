"""Documents for the tests of the built-in reviewer, in Markdown: clean ones, as professionals write them, and ones with defects."""

from __future__ import annotations

CLEAN_REPORT = """\
# Investigation report on the purchase of school laptops

Case INV-2024-017. Prepared for the Audit Committee of the Ministry of Education, 14 June 2024.

## 1. Purpose and scope

On 4 March 2024 the Audit Committee of the Ministry of Education asked the Internal Audit Unit (IAU) to examine how the Ministry bought
laptops for secondary schools. The committee had received a written complaint from Harrow Learning Ltd, a company that had submitted an
unsuccessful tender.

The investigation covers the tender procedure MOE/T/2023/08 from its publication on 4 September 2023 to the signature of the contract on
12 December 2023. It does not cover deliveries after the contract was signed. The legal basis is section 21 of the Public Procurement Act
and the charter of the IAU.

## 2. Method

The investigators read the complete procurement file, examined the email accounts of three officials with the written consent of the
Permanent Secretary, and interviewed seven people between 18 March and 12 April 2024. Every person interviewed received a written summary
and had ten working days to correct it. The list of interviews is in Annex A, and the documents relied on are listed in Annex B.

Nobody on the investigation team has worked for the Procurement Department or for one of the tenderers. Each member signed a declaration
of interests before the work began.

## 3. Background

The Ministry planned to buy 1,200 laptops for 40 schools. The Procurement Department estimated the value at EUR 960,000, excluding VAT,
on the basis of a price survey carried out in June 2023. It chose an open procedure because the estimate was above the threshold of
EUR 140,000 set in section 33 of the Act.

Four companies submitted tenders before the deadline of 16 October 2023. The evaluation committee opened them in public on the same day.
Table 1 shows the prices read out at the opening.

Table 1: Prices at the opening of tenders

Tenderer | Unit price (EUR) | Quantity | Total price (EUR)
Alder Systems Ltd | 742.00 | 1,200 | 890,400
Brightwater Computing Ltd | 765.50 | 1,200 | 918,600
Harrow Learning Ltd | 731.00 | 1,200 | 877,200
Northfield Supplies Ltd | 801.25 | 1,200 | 961,500

The committee rejected the tender of Harrow Learning Ltd on 30 October 2023 and recommended an award to Alder Systems Ltd. The Ministry
published its decision on 8 November 2023, observed the standstill period of 15 days, and signed the contract for EUR 890,400 on
12 December 2023.

## 4. Findings

### 4.1 Rejection of the lowest tender

Harrow Learning Ltd offered a warranty of 36 months, as the tender documents required. The evaluation report states that the company
offered 24 months only. The tender itself, which is item 12 in Annex B, shows 36 months on page 9. The chair of the committee confirmed
in his interview on 27 March 2024 that the figure had been copied from the tender of another company. He called it a mistake, and the
draft of the evaluation report dated 26 October 2023 supports his account: the error is already in the first version, two days after the
committee received the tenders for evaluation.

The investigators found no evidence that the error was made on purpose. They found that nobody checked the comparison table against the
tenders, although section 6.2 of the Procurement Manual requires a second person to do so.

### 4.2 Declaration of interests

The Act requires every member of an evaluation committee to declare interests before the tenders are opened. Two of the five members
signed their declarations on 2 November 2023, three days after the committee had made its recommendation. Copies of the declarations are
items 15 and 16 in Annex B. Neither declaration names a link to a tenderer, and the search of the company register did not find one.

### 4.3 Handling of the complaint

Harrow Learning Ltd complained to the Ministry on 13 November 2023, within the standstill period. The register of correspondence shows
that the letter reached the Procurement Department on 14 November 2023. The department answered on 15 December 2023, after the contract
had been signed. Section 58 of the Act obliges the Ministry to suspend the procedure until it has decided on a complaint. The head of the
department said in her interview on 3 April 2024 that she had been on leave and that her deputy had not known of the rule.

## 5. Conclusions

The tender of Harrow Learning Ltd should not have been rejected. The award to the second-lowest tenderer cost the Ministry EUR 13,200
more than the lowest tender. The cause was a copying error that the required second check would have revealed (section 4.1). The late
declarations breached the Act but had no effect on the result (section 4.2). The failure to suspend the procedure deprived the
complainant of an effective remedy (section 4.3). There is no evidence of fraud or corruption.

## 6. Recommendations

1. The head of the Procurement Department should introduce a signed second check of every comparison table by 31 July 2024.
2. The secretary of each evaluation committee should collect all declarations of interests before the opening of tenders, starting with
   procedures published after 1 July 2024.
3. The Legal Department should train the staff of the Procurement Department in the handling of complaints by 30 September 2024.
4. The Permanent Secretary should decide by 31 July 2024 whether to offer Harrow Learning Ltd compensation for the costs of its tender.

The IAU will review the progress of these measures in January 2025 and report to the Audit Committee.

## Annex A: Interviews

Date | Person | Role
18 March 2024 | Ms Dorothy Lindqvist | Procurement officer
27 March 2024 | Mr Peter Achterberg | Chair of the evaluation committee
3 April 2024 | Ms Helen Varga | Head of the Procurement Department

Summaries of four further interviews with members of the evaluation committee are kept in the case file.

## Annex B: Documents

The case file INV-2024-017 holds 31 numbered documents, among them the tender documents (item 3), the tenders (items 10 to 13), the
evaluation report (item 14), the declarations of interests (items 15 to 19) and the correspondence with the complainant (items 24 to 31).

Signed: Margaret Oyelaran, Head of Internal Audit
Signed: Thomas Brandt, Senior Investigator
Date: 14 June 2024
"""

CLEAN_TENDER = """\
# Invitation to tender: maintenance of street lighting

City of Marlow Bay, Department of Public Works. Tender number PW-2025-031, published on 3 February 2025.

## 1. Subject of the contract

The City of Marlow Bay invites tenders for the maintenance of 6,400 street lights in its northern and southern districts. The contract
runs for 36 months, from July 1, 2025 to June 30, 2028. The city estimates its value at $2,400,000 for the whole term. The contract is
divided into two lots: Lot 1 covers the northern district with 3,500 lights, and Lot 2 covers the southern district with 2,900 lights.
A company may submit a tender for one lot or for both.

## 2. Procedure and timetable

The city uses an open procedure under section 14 of the Municipal Procurement Code. Any company that meets the requirements in section 4
may submit a tender.

Step | Date
Publication of the notice | February 3, 2025
Site visit (optional) | February 18, 2025
Last day for questions | February 28, 2025
Deadline for tenders | March 17, 2025, 2:00 p.m.
Public opening of tenders | March 17, 2025, 2:30 p.m.
Planned award decision | April 28, 2025

Questions must be sent in writing through the procurement portal. The city answers every question within five working days and publishes
the answers, without the name of the company that asked, to all who have downloaded the documents.

## 3. Technical requirements

The contractor shall inspect every light twice a year, replace failed lamps within three working days of a report, and keep an electronic
record of each repair. Replacement lamps must have a color temperature of 3,000 kelvin, a luminous efficacy of at least 120 lumens per
watt, and a rated life of at least 60,000 hours. Where the drawings in Annex 1 name a product, equivalent products that meet these values
are accepted.

The contractor shall answer emergency calls at any hour and make a dangerous fault safe within two hours. Old lamps are hazardous waste;
the contractor shall deliver them to a licensed recycling plant and give the city the receipts.

## 4. Requirements for companies

A company must show that it

- is entered in the commercial register;
- has paid its taxes and social security contributions;
- has completed at least two comparable contracts in the last five years;
- had an average annual turnover of at least $800,000 in the last three business years.

Each company must declare that neither it nor its managers have a conflict of interest with the city. A company that is excluded from
public contracts under section 22 of the code may not take part.

## 5. Contents and form of the tender

Tenders must be written in English and submitted through the procurement portal before the deadline. Late tenders are not opened. A
complete tender holds the following four documents:

1. the signed tender form (Annex 2);
2. the price schedule (Annex 3);
3. the evidence listed in section 4;
4. a maintenance concept of no more than ten pages.

Prices are in US dollars and exclude sales tax. A tender remains valid for 120 days after the deadline. A bid bond is not required.

## 6. Evaluation and award

A committee of five members opens and evaluates the tenders. Its members declare in writing before the opening that they have no conflict
of interest. The committee first checks whether a tender is complete and whether the company meets the requirements. It then scores the
tenders against these criteria:

Criterion | Weight (%)
Price | 60
Quality of the maintenance concept | 25
Response time to faults | 15
Total | 100

The lowest price receives 100 points for the price criterion; every other price receives 100 points multiplied by the lowest price and
divided by the price offered. The committee scores the other two criteria from 0 to 100 points on the basis of the sub-criteria in
Annex 4. The contract for each lot goes to the tender with the highest weighted score. All companies receive a written notice of the
decision with their scores, and the city waits ten days before it signs.

## 7. Terms of the contract

The city pays within 30 days of receiving a correct monthly invoice. If the city pays late, it owes interest at 5% a year. If the
contractor exceeds a repair time, the city deducts $150 for every started day, up to a maximum of 10% of the monthly fee. The contractor
gives a warranty of 24 months on replaced parts. Changes to the contract must be made in writing and signed by both parties; they may not
increase the contract price by more than 15% in total. Either party may terminate the contract for serious breach with 60 days' notice.
The full terms are in Annex 5.

## 8. Complaints

A company that believes the procedure breaks the rules may complain to the Municipal Review Board within ten days of learning of the
breach. The city does not sign the contract while a complaint is pending. The city keeps the records of the procedure for seven years.

## 9. Annexes

Annex 1: Drawings and list of lights
Annex 2: Tender form
Annex 3: Price schedule
Annex 4: Sub-criteria and scoring
Annex 5: Terms of the contract

Issued by Carla Whitfield, Director of Public Works, February 3, 2025
"""

DEFECTIVE_REPORT = """\
# Investigation report on the purchase of hospital beds

Report INV-2024-031 to the Board of the Regional Health Authority.

## 1. Scope

The investigation covers the purchase of hospital beds from 15 March 2024 to 12 February 2024. The Board asked for it on Monday, 6 March
2024, and the team began its work on 31 April 2024. The complete list of documents is in Appendix C. The HPSU approved the plan, and the
HPSU received a copy of the draft.

## 2. Facts

The Authority signed the contract with Delmore Medical Ltd for EUR 485,000 (four hundred and fifty-eight thousand euros). The contract
price of EUR 485,000 included delivery. Three hospitals were to receive the beds: Eastgate, Milbrook, Stanway and Thornley. Deliveries were
paid in instalments of EUR 120,000, EUR 150,000 and EUR 215,000, a total of EUR 495,000. According to the budget office the contract price
of EUR 458,000 was within the budget.

Table 1: Deliveries

Hospital | Beds | Unit price (EUR) | Total (EUR)
Eastgate | 120 | 970 | 116,400
Milbrook | 150 | 970 | 145,500
Stanway | 230 | 970 | 232,100
Total | 500 | | 485,000

## 3. Findings

The head of the Procurement Unit accepted bribes from Delmore Medical Ltd and leaked the prices of the other companies. Reportedly he also
travelled at the expense of the company. The beds were bought through direct contracting. The evaluation commitee met once. There were
five reasons for the choice of the supplier:

- the price;
- the delivery time;
- the warranty;
- the references.

The costs were divided among the hospitals: Eastgate 24 %, Milbrook 30 % and Stanway 36 %. Delmore Medicall Ltd confirmed this by letter,
and Delmore Medical Ltd sent the invoices.

## 4. Recommendations

1. Training should be provided on the rules of procurement.
2. The Procurement Unit should keep a register of contracts by 30 June 2025.
3. The rules should be respected in future [insert reference].

## 5. Distribution

To be sent to the Board on TBD.
"""

CLEAN_CONTRACT = """\
# Contract for cleaning services

This contract is made on 2 May 2025 between the Teaching Hospital of Wexcombe (the "Client") and Larkfield Cleaning Services Ltd (the
"Contractor"). Contract number THW/2025/114.

## 1. Subject

The Contractor shall clean the wards, offices and corridors of the hospital, in total 18,500 square metres, as described in Annex 1. The
operating theatres and the laboratory are not part of this contract.

## 2. Term

The contract runs for two years, from 1 June 2025 to 31 May 2027. The Client may extend it once by up to twelve months. It must say so in
writing no later than 28 February 2027.

## 3. Price and payment

The price is GBP 27,400 a month, excluding VAT. The Contractor sends its invoice at the end of each month. The Client pays within 30 days of
receiving the invoice. If the Client pays late, it owes interest at 8 % a year on the overdue sum. Prices are fixed for the first year;
from the second year they follow the index of consumer prices, up to 3 % a year.

## 4. Staff and materials

The Contractor shall employ at least 24 trained cleaners on working days and nine at weekends. It names a supervisor who can be reached from
6:00 to 22:00. All staff wear badges. The Contractor supplies machines and cleaning agents; the Client supplies water and electricity.
Disinfectants must meet the standard EN 14476.

## 5. Quality

The Client's hygiene officer and the supervisor inspect twenty rooms together every week and record the result on the form in Annex 2. At
least 90 % of the points must be reached. If the result is lower, the Contractor cleans the rooms again on the same day at its own cost.

## 6. Deductions and liability

For each week in which the result stays below 90 %, the Client deducts 4 % of the monthly price, up to a maximum of 12 % a month. The
Contractor is liable for damage caused by its staff and holds insurance of GBP 2,000,000 for each event. It reports every damage to the
supervisor of the ward within 24 hours.

## 7. Confidentiality and data

Staff of the Contractor must not read or copy patient files. They sign a declaration of confidentiality before their first day of work. The
duty continues after the contract has ended.

## 8. Changes

Changes to this contract are valid only in writing and with the signatures of both parties. The Client may add or remove rooms up to 10 % of
the area; the price changes in proportion.

## 9. Termination

Either party may terminate the contract with three months' notice to the end of a quarter. The Client may terminate it at once if the
Contractor has been warned twice in writing for the same breach, or if it becomes insolvent.

## 10. Disputes

The parties first try to settle a dispute through a mediator whom the Chamber of Commerce names. If that fails within 60 days, the courts of
Wexcombe decide. The law of England and Wales applies.

## Annex 1: Areas and frequency

Area | Size (m²) | Frequency
Wards | 11,200 | twice a day
Offices | 4,300 | daily
Corridors | 3,000 | daily
Total | 18,500 |

## Annex 2: Inspection form

Room | Floor | Surfaces | Sanitary fittings | Points reached

Signed for the Client: Judith Hale, Director of Facilities, 2 May 2025
Signed for the Contractor: Omar Siddiqui, Managing Director, 2 May 2025
"""

DEFECTIVE_TENDER = """\
# Invitation to tender: computers for the town library

The town of Eastmere invites tenders for computers. Published on 10 March 2025.

## 1. Subject

The town buys 60 computers for its library. The estimated value is EUR 54,000. The contract runs from 1 July 2025 to 30 June 2026 (24
months).

## 2. Timetable

Step | Date
Deadline for questions | 12 March 2025
Deadline for tenders | 3 March 2025
Opening of tenders | 17 March 2025

## 3. Technical requirements

The computers must be Dell OptiPlex with 16 GB of memory. The supplier shall deliver them within thirty (45) days. The screens must have a
diagonal of between 27 and 24 inches.

## 4. Requirements for companies

A company must have an annual turnover of at least EUR 500,000. It must submit the form in Annex 4.

## 5. Submission

Tenders must be received by 4 April 2025 at the town hall. A tender remains valid for 90 days. The tender must hold these three documents:

1. the signed form;
2. the price schedule;
3. the references;
4. the warranty.

## 6. Award criteria

Criterion | Weight (%)
Price | 50
Quality | 30
Service | 30

The award is at the sole discretion of the mayor.

## 7. Terms of the contract

The town pays by bank transfer. Liquidated damages of 1 % per week are due for late delivery. Tenders must be valid for 60 days. The
contractor gives a warranty of [insert number] months.
"""
