"""Numbers over events, sales and activities: one set-based query per source and batch of entities.

windows        which days and instants the windows begin at
interests      tags page views with product and journey stage
accounts       revenue, orders, renewals, open work, engagement
people         engagement of one person
engaged        which engagement counts, and for whom
opportunities  how long a deal has been idle
basis          what each number is counted from, in words and rows
step           measures what is dirty and what time itself moved
"""
